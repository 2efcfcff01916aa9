// Puts a page and its files where its worker finds them without a network (offline-worker.js). Pages that work without
// one load this before their own script.
(function () {
  "use strict";
  window.offline = {
    possible: "serviceWorker" in navigator && "caches" in window,

    // put keeps the page as the server gives it now, for whoever opens it next, and gives it back; null where the server
    // sent something else, a login form perhaps.
    async put(page) {
      const shelf = await caches.open(page.split("/").pop());
      const res = await fetch(page, { cache: "no-store" });
      if (!res.ok || res.redirected) return null;
      const text = await res.clone().text();
      const parts = new DOMParser()
        .parseFromString(text, "text/html")
        .querySelectorAll('link[rel~="stylesheet"], link[rel~="icon"], script[src], img[src^="/static/"]');
      const files = [
        ...new Set(
          [...parts].map((e) => new URL(e.getAttribute("src") || e.getAttribute("href"), location.href).pathname),
        ),
      ];
      const there = (await shelf.keys()).map((kept) => new URL(kept.url).pathname);
      await shelf.addAll(files.filter((file) => !there.includes(file))); // their names change with what is in them
      await shelf.put(page, res);
      for (const old of there) if (old !== page && !files.includes(old)) await shelf.delete(old);
      return text;
    },

    // keep has a worker answer for the page from now on. False where that is not possible: no HTTPS, a private window.
    async keep(page) {
      if (!this.possible) return false;
      await navigator.serviceWorker.register(page + "/worker.js", { scope: page });
      if (!(await this.put(page))) return false;
      await navigator.serviceWorker.ready;
      if (navigator.storage && navigator.storage.persist) await navigator.storage.persist();
      return true;
    },
  };
})();
