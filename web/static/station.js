// The weigh station that works without a network. The list of the day, and what is weighed, are kept in IndexedDB on the
// phone; a weighing gets its id here, so that it may be sent in any order and as often as it takes. Nothing is ever
// overwritten: a correction is a weighing of its own that names the one it supersedes.
(function () {
  "use strict";
  const root = document.getElementById("station");
  if (!root) return;
  const $ = (id) => document.getElementById(id);
  const account = Number(root.dataset.account);
  const batch = Number(root.dataset.batch);
  const english = document.documentElement.lang === "en";
  const words = {};
  for (const one of $("words").content.children) words[one.dataset.key] = one.textContent;
  const say = (key, args) =>
    (words[key] || key).replace(/%([a-z]+)/g, (all, name) => (args && name in args ? args[name] : all));
  const unitWord = (unit) => words["unit." + unit] || unit;
  const quantity = (n, unit) => n + (english ? " " : "") + unitWord(unit);
  const text = (t) => (english ? t.en : t.zh) || t.zh || "";
  const clock = (at) =>
    new Date(at).toLocaleString(english ? "en-GB" : "zh-CN", {
      month: "numeric",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
    });
  const STALE = 48 * 3600e3; // a list older than that is not weighed by
  const SHOWN = 60;

  // --- what is kept on the phone
  const asked = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  let db;
  function openStore() {
    const request = indexedDB.open("banmuyuan-station", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("shares", { keyPath: "key" });
      request.result.createObjectStore("tickets", { keyPath: "client_id" });
      request.result.createObjectStore("meta");
    };
    return asked(request);
  }
  // write runs puts and deletes of several stores together, or none of them.
  function write(stores, change) {
    return new Promise((resolve, reject) => {
      const tx = db.transaction(stores, "readwrite", { durability: "strict" });
      tx.oncomplete = () => resolve();
      tx.onerror = tx.onabort = () => reject(tx.error);
      change(...stores.map((name) => tx.objectStore(name)));
    });
  }
  const all = (store) => asked(db.transaction(store).objectStore(store).getAll());

  let shares = []; // the list of the day
  let tickets = []; // oldest first
  let list = null; // {at, account}
  let session = "";
  async function load() {
    [shares, tickets, list] = await Promise.all([
      all("shares"),
      all("tickets"),
      asked(db.transaction("meta").objectStore("meta").get("list")),
    ]);
    if (list && list.account !== account) {
      // somebody else's day: whom they fetch from is not ours to see
      await write(["shares", "meta"], (s, m) => {
        s.clear();
        m.delete("list");
      });
      [shares, list] = [[], null];
    }
    tickets.sort((a, b) => a.weighed_at.localeCompare(b.weighed_at) || a.seq - b.seq);
  }

  const keyOf = (t) => t.order_no + "/" + t.line + "/" + t.lot_id;
  const own = () => tickets.filter((t) => t.account === account);
  const unsent = () => own().filter((t) => t.state === "queued");
  const superseded = (t) => tickets.some((o) => o.supersedes_client === t.client_id && o.state !== "conflict");
  // room is what may still come of a share: as the list said, less what was weighed here since.
  function room(s, without) {
    let n = s.qty - s.received - s.short;
    for (const t of own()) {
      if (t === without || keyOf(t) !== s.key || t.state === "conflict" || (t.sent_at && t.sent_at < list.at)) continue;
      if (!superseded(t)) n -= t.final ? n : t.units;
    }
    return Math.max(0, n);
  }

  // --- figures, to the gram
  const half = (v) =>
    v
      .trim()
      .replace(/[０-９．]/g, (c) => (c === "．" ? "." : String(c.charCodeAt(0) - 0xff10)))
      .replace(/[，,\s]/g, "");
  function whole(v) {
    v = half(v);
    return v === "" ? 0 : /^\d{1,8}$/.test(v) ? Number(v) : NaN;
  }
  function grams(v) {
    v = half(v);
    if (v === "") return 0;
    const m = /^(\d{1,6})(?:\.(\d{0,3}))?$/.exec(v);
    return m ? Number(m[1]) * 1000 + Number((m[2] || "").padEnd(3, "0")) : NaN;
  }
  const kilos = (g) =>
    g % 1000 === 0
      ? String(g / 1000)
      : Math.floor(g / 1000) +
        "." +
        String(g % 1000)
          .padStart(3, "0")
          .replace(/0+$/, "");

  // --- the page
  function fill(template, values) {
    const node = $(template).content.firstElementChild.cloneNode(true);
    for (const [slot, value] of Object.entries(values)) node.querySelector(`[data-slot="${slot}"]`).textContent = value;
    return node;
  }
  function trouble(message) {
    $("trouble").textContent = message;
    $("trouble").hidden = !message;
  }
  const fresh = () => list && Date.now() - list.at < STALE;
  let current = null; // the share at the scale
  let corrects = null; // the weighing that is corrected

  function draw() {
    root.hidden = false;
    const n = unsent().length;
    const parts = [say(navigator.onLine ? "online" : "offline"), n ? say("waiting", { n }) : say("all-sent")];
    parts.push(!list ? say("no-list") : say(fresh() ? "list" : "old-list", { at: clock(list.at), n: shares.length }));
    $("state").textContent = parts.join(" · ");
    const others = tickets.filter((t) => t.account !== account && t.state === "queued").length;
    trouble(session || (others ? say("other-account", { n: others }) : ""));
    $("find").hidden = !fresh() || current !== null;
    $("weigh").hidden = current === null;
    if (!list) $("fetch-box").open = true;
    if (!$("find").hidden) drawShares();
    drawTickets();
  }

  function drawVillages() {
    const chosen = $("village").value;
    const names = new Map();
    for (const s of shares) names.set(String(s.village_id), s.village);
    const options = [new Option(say("all-villages"), "")];
    for (const [id, name] of names) options.push(new Option(name, id));
    $("village").replaceChildren(...options);
    $("village").value = names.has(chosen) ? chosen : "";
  }

  function drawShares() {
    const q = half($("q").value).toLowerCase();
    const village = $("village").value;
    const found = shares.filter(
      (s) =>
        (!village || String(s.village_id) === village) &&
        (!q ||
          s.head.includes(q) ||
          s.code.toLowerCase().includes(q) ||
          (q.length >= 4 && (s.phone || "").endsWith(q))),
    );
    const open = found.filter((s) => room(s) > 0);
    const shown = [...open, ...found.filter((s) => room(s) === 0)].slice(0, SHOWN);
    $("shares").replaceChildren(
      ...shown.map((s) => {
        const left = room(s);
        const node = fill("share-card", {
          head: s.head,
          code: s.code,
          goods: text(s.title) + " " + say(left ? "room" : "done", { n: quantity(left, s.unit) }),
          more: s.village + " · " + say("due", { n: quantity(s.qty, s.unit) }) + " · " + s.order_no,
        });
        node.firstElementChild.addEventListener("click", () => choose(s, null));
        return node;
      }),
    );
    $("more").hidden = found.length <= SHOWN;
    $("none").hidden = found.length > 0;
  }

  const badges = {
    queued: "badge-busy",
    recorded: "badge-good",
    held: "badge-care",
    conflict: "badge-care",
    corrected: "badge-over",
  };
  function drawTickets() {
    const mine = own();
    $("kept").hidden = mine.length === 0;
    $("tickets").replaceChildren(
      ...mine
        .slice(-SHOWN)
        .reverse()
        .map((t) => {
          const state = superseded(t) ? "corrected" : t.state;
          const node = fill("ticket-row", {
            head: t.head + " " + t.code,
            at: clock(t.weighed_at),
            state: say(state),
            what:
              text(t.title) +
              " " +
              quantity(t.units, t.unit) +
              (t.gross_grams ? " · " + say("net", { kg: kilos(t.gross_grams - t.tare_grams) }) : "") +
              " · " +
              say("grade." + t.grade),
            problem: t.message || "",
            correct: say("correct"),
          });
          node.querySelector("[data-slot=state]").classList.add(badges[state]);
          node.querySelector("[data-slot=problem]").hidden = !t.message;
          const link = node.querySelector("[data-slot=link]");
          link.hidden = !t.ticket_id;
          if (t.ticket_id) {
            link.href = "/desk/tickets/" + t.ticket_id;
            link.textContent = t.ticket_no;
          }
          const correct = node.querySelector("[data-slot=correct]");
          correct.hidden =
            state === "conflict" || state === "corrected" || !fresh() || !shares.some((s) => s.key === keyOf(t));
          correct.addEventListener("click", () =>
            choose(
              shares.find((s) => s.key === keyOf(t)),
              t,
            ),
          );
          return node;
        }),
    );
  }

  // --- one weighing
  const inputs = ["units", "gross", "tare", "rejected", "reason"];
  function wrong(name, message) {
    const at = $(name + "-error");
    at.textContent = message;
    at.hidden = !message;
    if (message) $(name).setAttribute("aria-invalid", "true");
    else $(name).removeAttribute("aria-invalid");
  }
  const limit = () => room(current, corrects);

  function choose(s, correcting) {
    [current, corrects] = [s, correcting];
    $("weigh-form").reset();
    for (const name of inputs) wrong(name, "");
    $("weigh-title").textContent = s.head + " " + s.code;
    $("weigh-about").textContent =
      text(s.title) + " · " + say("room", { n: quantity(limit(), s.unit) }) + " · " + s.order_no;
    $("weigh-usual").textContent = s.weighed ? say("usual", { unit: unitWord(s.unit), kg: kilos(s.unit_grams) }) : "";
    $("weights").hidden = !s.weighed;
    $("weigh-correct").hidden = !correcting;
    for (const id of ["units-unit", "rejected-unit"]) $(id).textContent = unitWord(s.unit);
    $("units").value = correcting ? correcting.units : limit() || "";
    if (correcting && s.weighed) {
      $("gross").value = kilos(correcting.gross_grams);
      $("tare").value = kilos(correcting.tare_grams);
    }
    if (correcting) $("final").checked = correcting.final;
    $("grades").replaceChildren(
      ...s.grades.map((g) => {
        const label = document.createElement("label");
        label.className = "choice";
        const radio = document.createElement("input");
        [radio.type, radio.name, radio.value] = ["radio", "grade", g.grade];
        radio.checked = g.grade === (correcting ? correcting.grade : s.grade);
        const word = document.createElement("span");
        word.textContent = say("grade." + g.grade);
        label.append(radio, word);
        return label;
      }),
    );
    draw();
    weighing();
    scrollTo(0, $("weigh").offsetTop - 8);
    $("weigh-title").focus();
  }

  function read() {
    const grade = document.querySelector("#grades input:checked");
    return {
      units: whole($("units").value),
      gross: grams($("gross").value),
      tare: grams($("tare").value),
      rejected: whole($("rejected").value),
      reason: $("reason").value,
      final: $("final").checked,
      grade: grade ? grade.value : current.grade,
    };
  }
  // weighing shows the net weight while it is typed, and what is far from usual.
  function weighing() {
    const v = read();
    const net = v.gross - v.tare;
    const whole = current.weighed && net > 0;
    $("net").textContent = whole ? say("net", { kg: kilos(net) }) : "";
    const usual = v.units * current.unit_grams;
    $("far").hidden = !(whole && usual > 0 && Math.abs(net - usual) * 10000 > usual * current.tolerance_bp);
  }

  // check is the rule of orders.CheckWeighing, so that what is wrong is said at the scale.
  function check(v) {
    for (const name of inputs) wrong(name, "");
    const most = limit();
    if (!(v.units >= 0 && v.units <= most)) wrong("units", say("err-units", { n: most }));
    else if (!v.units && !v.rejected && !v.final) wrong("units", say("err-nothing"));
    if (!(v.rejected >= 0)) wrong("rejected", say("err-units", { n: current.qty }));
    else if (v.rejected && !v.reason) wrong("reason", say("err-reason"));
    if (current.weighed) {
      if (Number.isNaN(v.gross)) wrong("gross", say("err-kg"));
      else if (Number.isNaN(v.tare)) wrong("tare", say("err-kg"));
      else if (v.tare > v.gross) wrong("tare", say("err-tare"));
      else if (v.units && v.gross === v.tare) wrong("gross", say("err-zero"));
      else if (!v.units && v.gross > v.tare) wrong("units", say("err-empty-weight"));
    }
    return inputs.find((name) => !$(name + "-error").hidden);
  }

  // An id that nobody else has. randomUUID is there over HTTPS and on this machine only.
  function newID() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64;
    b[8] = (b[8] & 63) | 128;
    const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  async function keep() {
    const v = read();
    const bad = check(v);
    if (bad) return $(bad).focus();
    const s = current;
    const weighed = s.weighed ? { gross_grams: v.gross, tare_grams: v.tare } : { gross_grams: 0, tare_grams: 0 };
    const ticket = {
      client_id: newID(),
      account,
      state: "queued",
      seq: tickets.length,
      order_no: s.order_no,
      line: s.line,
      lot_id: s.lot_id,
      point_id: s.point_id,
      units: v.units,
      rejected: v.rejected,
      reason: v.rejected ? v.reason : "",
      ...weighed,
      grade: v.grade,
      weighed_at: new Date().toISOString(),
      final: v.final,
      after: own()
        .filter((t) => keyOf(t) === s.key)
        .map((t) => t.client_id),
      supersedes_client: corrects ? corrects.client_id : "",
      head: s.head,
      code: s.code,
      title: s.title,
      unit: s.unit, // for whoever looks at the phone
    };
    await write(["tickets"], (store) => store.add(ticket));
    tickets.push(ticket);
    [current, corrects] = [null, null];
    $("q").value = "";
    draw();
    announce(say("saved"));
    $("q").focus();
    sync();
  }
  function announce(message) {
    $("ready").textContent = message;
  }

  // --- to and from the server
  const sends = [
    "client_id",
    "order_no",
    "line",
    "lot_id",
    "point_id",
    "units",
    "rejected",
    "reason",
    "gross_grams",
    "tare_grams",
    "grade",
    "weighed_at",
    "final",
    "after",
    "supersedes_client",
  ];
  const wire = (t) => Object.fromEntries(sends.map((name) => [name, t[name]]));
  async function ask(method, path, body) {
    const res = await fetch(path, {
      method,
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body && JSON.stringify(body),
      cache: "no-store",
    });
    const answer = await res.json().catch(() => ({}));
    if (!res.ok) throw Object.assign(new Error(answer.detail || ""), { status: res.status });
    session = "";
    return answer;
  }
  function refused(err) {
    session = err.status === 401 ? say("login") : err.message && err.status ? err.message : "";
    if (!session && navigator.onLine) announce(say("failed"));
    draw();
  }

  let sending = false;
  async function sync() {
    if (sending || !unsent().length || !navigator.onLine) return;
    sending = true;
    $("sync").setAttribute("aria-busy", "true");
    try {
      for (let before = -1; unsent().length && unsent().length !== before; ) {
        before = unsent().length;
        const queue = unsent();
        for (let i = 0; i < queue.length; i += batch) await send(queue.slice(i, i + batch));
      }
      if (!unsent().length) announce(say("all-sent"));
    } catch (err) {
      refused(err);
    } finally {
      sending = false;
      $("sync").removeAttribute("aria-busy");
      draw();
    }
  }
  async function send(part) {
    const answer = await ask("POST", "/api/v1/tickets/sync", { account_id: account, tickets: part.map(wire) });
    const byID = new Map(answer.items.map((i) => [i.client_id, i]));
    const changed = [];
    for (const t of part) {
      const item = byID.get(t.client_id);
      if (!item || item.outcome === "waiting" || item.outcome === "failed") continue;
      t.state = item.outcome;
      t.sent_at = Date.now();
      t.message = item.outcome === "conflict" ? item.message : "";
      if (item.ticket_id) [t.ticket_id, t.ticket_no] = [item.ticket_id, item.ticket_no];
      changed.push(t);
    }
    await write(["tickets"], (store) => changed.forEach((t) => store.put(t)));
    draw();
  }

  async function fetchList(villages) {
    const at = Date.now();
    const taken = [];
    let cursor = "";
    do {
      const q = new URLSearchParams({ limit: "500" });
      if (villages.length) q.set("villages", villages.join(","));
      if (cursor) q.set("cursor", cursor);
      const page = await ask("GET", "/api/v1/station?" + q);
      for (const s of page.items) taken.push({ ...s, key: keyOf(s) });
      cursor = page.cursor || "";
      announce(say("taking", { n: taken.length, all: page.total }));
    } while (cursor);
    list = { at, account, villages };
    await write(["shares", "meta"], (store, meta) => {
      store.clear();
      taken.forEach((s) => store.put(s));
      meta.put(list, "list");
    });
    shares = taken;
    current = null;
    drawVillages();
    draw();
    announce(say("taken", { n: shares.length }));
    $("fetch-box").open = false;
  }

  // shelve puts the page and its files where the worker finds them.
  async function shelve() {
    if (!offline.possible) return announce(say("no-worker"));
    announce(say("not-ready"));
    if (!(await offline.keep("/desk/station"))) return;
    announce(say("ready"));
    root.dataset.ready = "yes";
  }

  // --- what people do
  $("fetch-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const villages = [...document.querySelectorAll('#fetch-form input[name="village"]:checked')].map((e) =>
      Number(e.value),
    );
    const button = $("fetch-form").querySelector("button");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    fetchList(villages)
      .catch(refused)
      .finally(() => button.removeAttribute("aria-busy"));
  });
  $("sync").addEventListener("click", () => sync());
  $("q").addEventListener("input", drawShares);
  $("village").addEventListener("change", drawShares);
  $("back").addEventListener("click", () => {
    [current, corrects] = [null, null];
    draw();
  });
  $("weigh-form").addEventListener("input", weighing);
  let keeping = false;
  $("weigh-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (keeping || !current) return; // a second tap on the button
    keeping = true;
    keep()
      .catch((err) => trouble(err.message))
      .finally(() => {
        keeping = false;
      });
  });
  $("forget").addEventListener("click", async () => {
    if (!confirm($("forget").dataset.question)) return;
    await write(["tickets", "shares", "meta"], (t, s, m) => {
      tickets.filter((one) => one.state !== "queued").forEach((one) => t.delete(one.client_id));
      s.clear();
      m.delete("list");
    });
    await load();
    drawVillages();
    draw();
  });
  addEventListener("online", () => {
    draw();
    sync();
  });
  addEventListener("offline", draw);
  setInterval(sync, 60e3);

  (async () => {
    try {
      db = await openStore();
      await load();
    } catch {
      root.hidden = false;
      return trouble(say("no-storage"));
    }
    for (const id of (list && list.villages) || []) {
      const box = document.querySelector(`#fetch-form input[value="${id}"]`);
      if (box) box.checked = true;
    }
    drawVillages();
    draw();
    sync();
    if (navigator.onLine) await shelve().catch(() => announce(say("no-worker")));
    else announce(say("ready"));
  })();
})();
