// 半亩园: small things a page does by itself. Everything works without them.
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const english = root.lang === "en";
  const say = (zh, en) => (english ? en : zh);
  const on = (type, selector, handle) =>
    document.addEventListener(type, (event) => {
      const target = event.target instanceof Element && event.target.closest(selector);
      if (target) handle(event, target);
    });

  // A phone's menu may be wider than the phone: the page that one is on is in view.
  const here = document.querySelector(".menu [aria-current]");
  const menu = here && here.closest(".menu");
  for (let box = menu; box && box !== document.body; box = box.parentElement)
    if (box.scrollWidth > box.clientWidth)
      box.scrollLeft +=
        here.getBoundingClientRect().left +
        here.offsetWidth / 2 -
        box.getBoundingClientRect().left -
        box.clientWidth / 2;

  let toastTimer;
  function toast(text) {
    let box = document.querySelector(".toast");
    if (!box) {
      box = document.createElement("div");
      box.className = "toast";
      box.setAttribute("role", "status");
      document.body.append(box);
    }
    box.hidden = false;
    box.textContent = text;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => {
      box.hidden = true;
    }, 6000);
  }

  // Ask before something that cannot be undone: <button data-confirm="question"
  // data-confirm-yes="word on the button">.
  function ask(question, yes, then) {
    const dialog = document.createElement("dialog");
    const text = document.createElement("p");
    text.id = "ask-text";
    text.textContent = question;
    dialog.setAttribute("aria-labelledby", text.id);
    const row = document.createElement("div");
    row.className = "actions";
    const sure = document.createElement("button");
    sure.type = "button";
    sure.className = "button";
    sure.textContent = yes || say("确定", "Yes, go on");
    const back = document.createElement("button");
    back.type = "button";
    back.className = "button button-2";
    back.textContent = say("返回", "Go back");
    row.append(sure, back);
    dialog.append(text, row);
    document.body.append(dialog);
    back.addEventListener("click", () => dialog.close());
    sure.addEventListener("click", () => {
      dialog.close();
      then();
    });
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
    back.focus();
  }
  on("submit", "form", (event, form) => {
    const button = event.submitter;
    const question = (button && button.dataset.confirm) || form.dataset.confirm;
    if (!question || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(question, (button && button.dataset.confirmYes) || form.dataset.confirmYes, () => {
      form.dataset.confirmed = "yes";
      form.requestSubmit(button || undefined);
      delete form.dataset.confirmed;
    });
  });

  // Sending twice: the idempotency key makes it harmless, this makes it rare.
  on("submit", "form", (event, form) => {
    if (event.defaultPrevented || form.method === "get") return;
    if (navigator.onLine === false) {
      event.preventDefault();
      toast(
        say(
          "现在没有网络。您填写的内容都还在，网络恢复后再提交。",
          "You are offline. What you typed is still here; send it when the network is back.",
        ),
      );
      return;
    }
    if (form.dataset.sending) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "yes";
    const button = event.submitter;
    if (button) button.setAttribute("aria-busy", "true");
    const free = () => {
      delete form.dataset.sending;
      if (button) button.removeAttribute("aria-busy");
    };
    setTimeout(free, 15000);
    addEventListener("pageshow", free, { once: true });
  });

  // Steppers: <span class="stepper"><button data-step="-1">−</button><input>…
  on("click", "[data-step]", (event, button) => {
    const input = button.closest(".stepper").querySelector("input");
    const step = Number(input.step) || 1;
    const least = input.min === "" ? -Infinity : Number(input.min);
    const most = input.max === "" ? Infinity : Number(input.max);
    const next = (Number(input.value) || 0) + step * Number(button.dataset.step);
    input.value = String(Math.min(most, Math.max(least, next)));
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  on("click", "[data-print]", () => print());
  on("click", "[data-copy]", async (event, button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      toast(say("已复制：", "Copied: ") + button.dataset.copy);
    } catch {
      toast(say("没有复制成功，请长按文字复制。", "Could not copy. Please select the text and copy it."));
    }
  });
  on("change", "form[data-auto]", (event, form) => form.requestSubmit());

  // Menus close when one looks elsewhere.
  document.addEventListener("click", (event) => {
    for (const pop of document.querySelectorAll("details.pop[open]")) if (!pop.contains(event.target)) pop.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const pop of document.querySelectorAll("details.pop[open]")) {
        pop.open = false;
        pop.querySelector("summary").focus();
      }
    }
    const typing =
      event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.querySelector("[data-search], input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
  });

  // Typed work outlives a lost network and an ended session: <form data-keep>.
  // Passwords and files are never kept.
  const kept = (form) =>
    [...form.elements].filter((e) => e.name && !["password", "file", "hidden", "submit", "button"].includes(e.type));
  const draftName = (form) => "draft:" + new URL(form.action, location.href).pathname;
  const store = {
    get(name) {
      try {
        return JSON.parse(sessionStorage.getItem(name));
      } catch {
        return null;
      }
    },
    set(name, value) {
      try {
        sessionStorage.setItem(name, JSON.stringify(value));
      } catch {
        /* full or forbidden: nothing is kept */
      }
    },
    drop(name) {
      try {
        sessionStorage.removeItem(name);
      } catch {
        /* forbidden */
      }
    },
    names() {
      try {
        return Object.keys(sessionStorage).filter((name) => name.startsWith("draft:"));
      } catch {
        return [];
      }
    },
  };
  function keep(form, sent) {
    const values = {};
    for (const e of kept(form)) {
      if ((e.type === "checkbox" || e.type === "radio") && !e.checked) continue;
      (values[e.name] ||= []).push(e.value);
    }
    store.set(draftName(form), { values, sent });
  }
  function restore(form, values) {
    for (const e of kept(form)) {
      if (e.type === "checkbox" || e.type === "radio") e.checked = (values[e.name] || []).includes(e.value);
      else if (values[e.name] && values[e.name].length) e.value = values[e.name].shift();
    }
    toast(say("已恢复您上次填写的内容。", "What you typed before is back."));
  }
  const forms = [...document.querySelectorAll("form[data-keep]")];
  const atLogin = document.querySelector("form[data-login]") !== null;
  for (const name of store.names()) {
    const draft = store.get(name);
    if (atLogin && draft) {
      store.set(name, { ...draft, login: true });
      continue;
    }
    const form = forms.find((f) => draftName(f) === name);
    if (!draft || !form) {
      if (!draft || draft.sent) store.drop(name);
      continue;
    }
    if (document.querySelector(".error-summary")) continue; // the server gave them back
    if (draft.login || !draft.sent) restore(form, draft.values);
    else store.drop(name);
  }
  on("input", "form[data-keep]", (event, form) => keep(form, false));
  on("submit", "form[data-keep]", (event, form) => {
    if (!event.defaultPrevented) keep(form, true);
  });

  // A live part that lost its server says so.
  document.body.addEventListener("htmx:sendError", () =>
    toast(say("网络不通，请稍后再试。", "The network is down. Please try again shortly.")),
  );
  document.body.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401) location.reload();
    else toast(say("没有成功，请刷新页面后再试。", "That did not work. Reload the page and try again."));
  });

  // The first thing wrong is where the reader should be.
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();
})();
