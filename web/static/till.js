// The till: keyboard and scanner first, a phone's camera where the browser can read codes. It sells on without a
// network: each sale gets its id here, waits in the browser, and is sent again until the server knows it. The same id
// twice is one sale. A receipt is voided the same way: after the sale, with an id of its own. The page and its files are
// kept for a day without a network (offline.js).
(function () {
  "use strict";
  const till = document.getElementById("till");
  if (!till || typeof crypto === "undefined" || !crypto.getRandomValues) return;
  const $ = (id) => document.getElementById(id);
  const english = document.documentElement.lang === "en";
  const say = (zh, en) => (english ? en : zh);

  let goods = JSON.parse(till.dataset.goods);
  const names = {
    queue: "till:" + goods.org + ":queue",
    bad: "till:" + goods.org + ":bad",
    cart: "till:" + goods.org + ":cart",
    last: "till:" + goods.org + ":last",
  };
  const read = (name) => {
    try {
      return JSON.parse(localStorage.getItem(name)) || [];
    } catch {
      return [];
    }
  };
  // A sale that could not be kept must not look as if it were.
  const write = (name, value) => {
    try {
      localStorage.setItem(name, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  };
  const uuid = () => {
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64;
    b[8] = (b[8] & 63) | 128;
    const h = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
    return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join("-");
  };

  const yuan = (fen) => {
    const sign = fen < 0 ? "\u2212" : "";
    const m = Math.abs(fen);
    return (
      sign + "¥" + String(Math.floor(m / 100)).replace(/\B(?=(\d{3})+$)/g, ",") + "." + String(100 + (m % 100)).slice(1)
    );
  };
  const halfWidth = (text) =>
    text.replace(/[！-～]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/[,，\s]/g, "");
  const decimal = (text, places) => {
    const t = halfWidth(text);
    if (!/^\d{1,9}(\.\d*)?$/.test(t)) return null;
    const [whole, rest = ""] = t.split(".");
    if (rest.replace(/0+$/, "").length > places) return null;
    return Number(whole) * 10 ** places + Number((rest + "0".repeat(places)).slice(0, places) || 0);
  };
  // What a line costs: fen for every per units, rounded half up, as the server does it.
  const amount = (fen, per, measure) => Number((BigInt(fen) * BigInt(measure) * 2n + BigInt(per)) / (BigInt(per) * 2n));
  const shown = (item, measure) => (item.count ? String(measure) : String(measure / item.per));
  const measureOf = (item, text) => {
    if (item.count) return decimal(text, 0);
    const thousandths = decimal(text, 3);
    return thousandths === null ? null : Math.round((thousandths * item.per) / 1000);
  };

  const el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "text") node.textContent = value;
      else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  };

  let cart = read(names.cart).filter((l) => goods.items.some((i) => i.id === l.id));
  const itemOf = (id) => goods.items.find((i) => i.id === id);
  const total = () => cart.reduce((sum, l) => sum + amount(l.fen, itemOf(l.id).per, l.measure), 0);

  function tell(text, wrong) {
    $("said").textContent = text;
    $("said").className = wrong ? "wrong" : "";
  }

  function add(item, code) {
    const same = cart.find((l) => l.id === item.id && (l.code || "") === (code || ""));
    if (same) same.measure += item.count ? 1 : item.per;
    else cart.push({ id: item.id, code: code || "", measure: item.count ? 1 : item.per, fen: item.fen });
    draw();
    tell(item.name, false);
  }

  // A scanner types and presses Enter: the address on a label, a barcode, or the number of the goods.
  function entered(text) {
    const t = halfWidth(text);
    if (!t) return;
    const label = t.toLowerCase().match(/(?:\/trace\/)?([0-9a-f]{12})$/);
    const item =
      (label && goods.items.find((i) => i.codes.includes(label[1]))) ||
      goods.items.find((i) => i.bar && i.bar === t) ||
      goods.items.find((i) => String(i.id) === t);
    if (item) {
      add(item, label && item.codes.includes(label[1]) ? label[1] : "");
      $("code").value = "";
      list("");
      return;
    }
    const found = goods.items.filter((i) => i.name.toLowerCase().includes(text.trim().toLowerCase()));
    if (found.length === 1) {
      add(found[0], "");
      $("code").value = "";
      list("");
    } else if (!found.length) {
      tell(say("没有这样货：", "No such goods: ") + text, true);
      $("code").select();
    }
  }

  function list(query) {
    const q = query.trim().toLowerCase();
    $("goods").replaceChildren(
      ...goods.items
        .filter((i) => !q || i.name.toLowerCase().includes(q) || String(i.id).startsWith(q))
        .map((i) =>
          el(
            "li",
            {},
            el(
              "button",
              { type: "button", class: "till-item", onclick: () => add(i, "") },
              el("strong", { text: i.name }),
              el("span", { text: yuan(i.fen) + "/" + i.unit }),
              el("span", {
                class: "quiet small",
                text: i.id + " · " + say("可卖 ", "left ") + shown(i, i.left) + " " + i.unit,
              }),
            ),
          ),
        ),
    );
  }

  function draw() {
    write(names.cart, cart);
    $("lines").replaceChildren(
      ...cart.map((l, n) => {
        const item = itemOf(l.id);
        const price = el("strong", { text: yuan(amount(l.fen, item.per, l.measure)) });
        const input = el("input", {
          class: "control figures",
          inputmode: "decimal",
          value: shown(item, l.measure),
          "aria-label": say("数量 ", "Quantity of ") + item.name,
        });
        input.addEventListener("input", () => {
          const m = measureOf(item, input.value);
          input.setAttribute("aria-invalid", String(!(m > 0)));
          if (m > 0) {
            l.measure = m;
            price.textContent = yuan(amount(l.fen, item.per, m));
            write(names.cart, cart);
            sums();
          }
        });
        input.addEventListener("keydown", (e) => {
          if (e.key === "Enter") {
            e.preventDefault();
            $("code").focus();
          }
        });
        return el(
          "li",
          { class: "till-line" },
          el("span", { text: item.name }),
          el("span", { class: "with-unit" }, input, el("span", { class: "unit", text: item.unit })),
          price,
          el("button", {
            type: "button",
            class: "button button-plain button-small",
            "aria-label": say("去掉 ", "Remove ") + item.name,
            text: "×",
            onclick: () => {
              cart.splice(n, 1);
              draw();
              $("code").focus();
            },
          }),
        );
      }),
    );
    $("nothing").hidden = cart.length > 0;
    sums();
  }

  function sums() {
    const sum = total();
    $("total").textContent = yuan(sum);
    const given = decimal($("given").value, 2);
    $("change").textContent = given === null || !cart.length ? "–" : yuan(given - sum);
    const bad = [...document.querySelectorAll("#lines [aria-invalid=true]")].length > 0;
    for (const b of document.querySelectorAll(".till-do")) b.disabled = !cart.length || bad || sum <= 0;
    if (navigator.onLine === false) $("phone").disabled = true;
  }

  const saleNow = (method, given) => ({
    client_id: uuid(),
    method,
    given_fen: given || 0,
    sold_at: new Date().toISOString(),
    lines: cart.map((l) => ({ item_id: l.id, code: l.code, measure: l.measure, price_fen: l.fen })),
  });

  const sumOf = (sale) => sale.lines.reduce((s, l) => s + amount(l.price_fen, itemOf(l.item_id).per, l.measure), 0);
  const clock = (at) =>
    new Date(at).toLocaleString(english ? "en-GB" : "zh-CN", { timeZone: "Asia/Shanghai", hour12: false });
  const dayOf = (at) => new Date(at).toLocaleDateString("en-CA", { timeZone: "Asia/Shanghai" });

  // The receipt of the latest sale: it can be voided as long as there is no later one, today.
  function receipt(last) {
    const sale = last.sale;
    const sum = sumOf(sale);
    const body = sale.lines.map((l) => {
      const i = itemOf(l.item_id);
      return el(
        "tr",
        {},
        el(
          "th",
          { scope: "row" },
          i.name,
          el("br"),
          el("span", {
            class: "small",
            text: shown(i, l.measure) + " " + i.unit + " × " + yuan(l.price_fen) + "/" + i.unit,
          }),
        ),
        el("td", { class: "num", text: yuan(amount(l.price_fen, i.per, l.measure)) }),
      );
    });
    const row = (name, value, strong) =>
      el("p", { class: strong ? "sum sum-total" : "sum" }, el("span", { text: name }), el("span", { text: value }));
    const printer = el("button", {
      type: "button",
      class: "button button-2 button-small no-print",
      text: say("打印小票", "Print receipt"),
      onclick: () => print(),
    });
    $("last").replaceChildren(
      el("h2", { text: goods.shop }),
      ...(last.voided ? [el("p", { class: "receipt-mark", text: say("已作废", "VOID") })] : []),
      el("p", { class: "small", text: clock(sale.sold_at) + " · " + sale.client_id.slice(0, 8).toUpperCase() }),
      el("table", { class: "table table-dense" }, el("tbody", {}, ...body)),
      row(say("合计", "Total"), yuan(sum), true),
      ...(sale.given_fen
        ? [row(say("收现金", "Cash"), yuan(sale.given_fen)), row(say("找零", "Change"), yuan(sale.given_fen - sum))]
        : []),
      el("p", {
        class: "small",
        text: say("货从本县农户园子里来，谢谢您。", "From the yards of our county. Thank you."),
      }),
      el(
        "p",
        { class: "row no-print" },
        printer,
        ...(last.voided
          ? []
          : [
              el("button", {
                type: "button",
                class: "button button-plain button-small",
                id: "void-last",
                text: say("作废这一笔", "Void this sale"),
                onclick: () => {
                  $("void").hidden = false;
                  $("void-title").focus();
                },
              }),
            ]),
      ),
    );
    $("last").hidden = false;
    $("void").hidden = true;
  }

  function voidLast(reason) {
    const last = read(names.last);
    if (!last.sale || last.voided) return;
    const back = {
      client_id: uuid(),
      sale_client_id: last.sale.client_id,
      kind: "void",
      reason,
      returned_at: new Date().toISOString(),
    };
    if (!write(names.queue, [...read(names.queue), back])) {
      tell(
        say("浏览器存不下，没有作废。请先联网。", "The browser could not keep this: it is not void. Connect first."),
        true,
      );
      return;
    }
    last.voided = true;
    write(names.last, last);
    for (const l of last.sale.lines) itemOf(l.item_id).left += l.measure;
    receipt(last);
    list("");
    tell(say("已作废，请退给顾客现金 ", "Void. Give the customer back ") + yuan(sumOf(last.sale)), false);
    status();
    send();
    $("code").focus();
  }

  function cash() {
    if (!cart.length || $("cash").disabled) return;
    const text = $("given").value.trim();
    const given = text ? decimal(text, 2) : 0;
    if (given === null || (text && given < total())) {
      tell(say("收的现金不够。", "The cash is less than the total."), true);
      $("given").focus();
      return;
    }
    const sale = saleNow("cash", given);
    // Kept first, sent then: what is on the screen is in the browser, whatever happens next.
    if (!write(names.queue, [...read(names.queue), sale])) {
      tell(
        say(
          "浏览器存不下这一单，没有记账。请先联网。",
          "The browser could not keep this sale; it is not recorded. Connect first.",
        ),
        true,
      );
      return;
    }
    for (const l of cart) itemOf(l.id).left -= l.measure;
    const last = { sale, account: goods.account };
    write(names.last, last);
    receipt(last);
    tell(
      say("已收 ", "Taken ") + yuan(total()) + (given ? say("，找零 ", ", change ") + yuan(given - total()) : ""),
      false,
    );
    cart = [];
    $("given").value = "";
    draw();
    list("");
    status();
    send();
    $("code").focus();
  }

  // The same goods asked for again, because no answer came, are the same sale.
  let asked = null;
  async function phone() {
    if (!cart.length || $("phone").disabled) return;
    const what = JSON.stringify(cart);
    if (!asked || asked.what !== what) asked = { what, sale: saleNow(till.dataset.method, 0) };
    const sale = asked.sale;
    try {
      const res = await post(sale);
      if (!res.ok) throw await problem(res);
      const made = await res.json();
      cart = [];
      write(names.cart, cart);
      write(names.last, {});
      location.href = till.dataset.sale.replace(/0$/, String(made.id));
    } catch (e) {
      tell(e.detail || say("没有网络，请收现金。", "No network: take cash."), true);
    }
  }

  const post = (one) =>
    fetch(one.kind === "void" ? till.dataset.returns : till.dataset.api, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang },
      credentials: "same-origin",
      body: JSON.stringify(one),
    });
  const problem = async (res) => {
    try {
      const p = await res.json();
      return {
        detail:
          (p.errors && p.errors.length && p.errors.map((e) => e.detail || e.message).join(" ")) || p.detail || p.title,
      };
    } catch {
      return { detail: String(res.status) };
    }
  };

  // One tab sends at a time where the browser can arrange it; two would do no harm.
  let sending = false;
  async function send() {
    if (sending) return;
    sending = true;
    try {
      const run = async () => {
        for (;;) {
          const sale = read(names.queue)[0];
          if (!sale) return true;
          let res;
          try {
            res = await post(sale);
          } catch {
            return false;
          }
          if (!res.ok) {
            // Not the sale's fault: it waits, and so do those behind it.
            if (
              res.status === 401 ||
              res.status === 403 ||
              res.status === 408 ||
              res.status === 429 ||
              res.status >= 500
            )
              return res.status;
            const p = await problem(res);
            write(names.bad, [...read(names.bad), { sale, why: p.detail || String(res.status) }]);
          }
          write(
            names.queue,
            read(names.queue).filter((s) => s.client_id !== sale.client_id),
          );
          status();
        }
      };
      const res = navigator.locks ? await navigator.locks.request(names.queue, run) : await run();
      online(res === true || typeof res === "number", res);
    } finally {
      sending = false;
      status();
    }
  }

  function online(yes, code) {
    const badge = $("net");
    badge.className = "badge badge-" + (yes && code !== 401 && code !== 403 ? "good" : "care");
    badge.textContent =
      code === 401 || code === 403
        ? say("请重新登录，销售都还在", "Log in again: the sales are still here")
        : yes
          ? say("已联网", "Online")
          : say("没有网络，照常收现金", "No network: go on taking cash");
    sums();
  }

  function status() {
    const waiting = read(names.queue).length;
    $("queue").hidden = waiting === 0;
    $("queue").textContent = say("待上传 " + waiting + " 笔，点这里重试", waiting + " waiting, send now");
    const bad = read(names.bad);
    $("problems").hidden = bad.length === 0;
    $("bad").replaceChildren(
      ...bad.map((b) =>
        el(
          "li",
          { class: "card" },
          el("p", { text: clock(b.sale.sold_at || b.sale.returned_at) + " · " + b.why }),
          el("p", {
            class: "quiet small",
            text:
              b.sale.kind === "void"
                ? say("作废小票 ", "Void of ") + b.sale.sale_client_id.slice(0, 8).toUpperCase()
                : b.sale.lines
                    .map(
                      (l) =>
                        (itemOf(l.item_id) || { name: l.item_id }).name +
                        " " +
                        (itemOf(l.item_id) ? shown(itemOf(l.item_id), l.measure) : l.measure),
                    )
                    .join(", "),
          }),
          el(
            "div",
            { class: "row" },
            el("button", {
              type: "button",
              class: "button button-2 button-small",
              text: say("再试一次", "Try again"),
              onclick: () => {
                write(
                  names.bad,
                  read(names.bad).filter((x) => x.sale.client_id !== b.sale.client_id),
                );
                write(names.queue, [...read(names.queue), b.sale]);
                send();
              },
            }),
            el("button", {
              type: "button",
              class: "button button-plain button-small",
              text: say("已另行处理，去掉", "Dealt with: remove"),
              onclick: () => {
                write(
                  names.bad,
                  read(names.bad).filter((x) => x.sale.client_id !== b.sale.client_id),
                );
                status();
              },
            }),
          ),
        ),
      ),
    );
  }

  // The camera, where the browser reads codes by itself.
  let stream = null;
  async function camera() {
    const view = $("view");
    if (stream) {
      stream.getTracks().forEach((t) => t.stop());
      stream = null;
      view.hidden = true;
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      tell(say("打不开摄像头，请用扫码枪或键盘。", "The camera did not open. Use a scanner or the keyboard."), true);
      return;
    }
    view.srcObject = stream;
    view.hidden = false;
    await view.play();
    const detector = new BarcodeDetector({ formats: ["qr_code", "ean_13", "ean_8", "code_128", "upc_a"] });
    let last = "",
      at = 0;
    const look = async () => {
      if (!stream) return;
      try {
        const [code] = await detector.detect(view);
        // The same label stays in the picture for a while: once is once.
        if (code && (code.rawValue !== last || Date.now() - at > 2500)) {
          last = code.rawValue;
          at = Date.now();
          entered(code.rawValue);
        }
      } catch {
        /* a picture that is not there yet */
      }
      setTimeout(look, 200);
    };
    look();
  }
  if ("BarcodeDetector" in window && navigator.mediaDevices) {
    $("camera").hidden = false;
    $("camera").addEventListener("click", camera);
  }

  $("scan").addEventListener("submit", (e) => {
    e.preventDefault();
    entered($("code").value);
  });
  $("code").addEventListener("input", () => list($("code").value));
  $("given").addEventListener("input", sums);
  $("given").addEventListener("keydown", (e) => {
    if (e.key === "Enter") {
      e.preventDefault();
      cash();
    }
  });
  $("cash").addEventListener("click", cash);
  $("phone").addEventListener("click", phone);
  $("clear").addEventListener("click", () => {
    cart = [];
    $("given").value = "";
    draw();
    $("code").focus();
  });
  $("queue").addEventListener("click", send);
  for (const b of document.querySelectorAll("#void [data-reason]"))
    b.addEventListener("click", () => voidLast(b.dataset.reason));
  $("void-not").addEventListener("click", () => {
    $("void").hidden = true;
    $("code").focus();
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "F9") {
      e.preventDefault();
      cash();
    }
    if (e.key === "F8") {
      e.preventDefault();
      phone();
    }
  });
  addEventListener("online", send);
  addEventListener("offline", () => online(false));
  setInterval(() => {
    if (read(names.queue).length) send();
  }, 10000);

  // The page is put aside for when there is no network, and looked at again now and then: prices and labels change.
  const page = location.pathname;
  async function look() {
    if (navigator.onLine === false || read(names.queue).length) return;
    const text = await offline.put(page).catch(() => null);
    const fresh = text && new DOMParser().parseFromString(text, "text/html").getElementById("till");
    if (!fresh || read(names.queue).length) return;
    goods = JSON.parse(fresh.dataset.goods);
    cart = cart.filter((l) => itemOf(l.id));
    list($("code").value);
    if (!document.activeElement || !document.activeElement.closest("#lines")) draw();
  }
  if (offline.possible) setInterval(look, 120000);
  if (navigator.onLine !== false) {
    offline.keep(page).then(
      (kept) => {
        $("kept").hidden = !kept;
        if (kept) till.dataset.ready = "yes";
      },
      () => {},
    );
  }

  till.hidden = false;
  $("plain-till").hidden = true;
  list("");
  draw();
  status();
  online(navigator.onLine !== false);
  if (read(names.queue).length) send();
  // Not somebody else's, nor yesterday's.
  const last = read(names.last);
  if (
    last.sale &&
    last.account === goods.account &&
    dayOf(last.sale.sold_at) === dayOf(Date.now()) &&
    last.sale.lines.every((l) => itemOf(l.item_id))
  )
    receipt(last);
  $("code").focus();
})();
