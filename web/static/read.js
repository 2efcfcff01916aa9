// Reads a household's page aloud: <button data-read="#main" class="js-only">. What
// is read is what is marked data-say, else the whole element.
(function () {
  "use strict";
  const buttons = document.querySelectorAll("[data-read]");
  if (!("speechSynthesis" in window)) {
    for (const button of buttons) button.hidden = true;
    return;
  }
  const english = document.documentElement.lang === "en";
  const lang = english ? "en-GB" : "zh-CN";

  // Figures are written for the eye; these are for the ear.
  function spoken(text) {
    text = text
      .replace(/[\u202f\u2009\u00a0]/g, " ")
      .replace(/(\d),(?=\d{3})/g, "$1")
      .replace(/\s+/g, " ");
    return english
      ? text
          .replace(/−/g, "minus ")
          .replace(/¥(\d+(?:\.\d+)?)/g, "$1 yuan")
          .replace(/\//g, " per ")
      : text
          .replace(/−/g, "负")
          .replace(/¥(\d+)\.00(?!\d)/g, "$1元")
          .replace(/¥(\d+(?:\.\d+)?)/g, "$1元")
          .replace(/元\/\s*/g, "元每")
          .replace(/–/g, "，");
  }
  function sentences(root) {
    const marked = root.querySelectorAll("[data-say]");
    const parts = marked.length ? [...marked] : [root];
    return parts
      .filter((part) => part.offsetParent !== null)
      .map((part) => spoken(part.dataset.say || part.innerText))
      .flatMap((text) => text.split(/(?<=[。！？.!?])\s|\n/))
      .map((text) => text.trim())
      .filter(Boolean);
  }
  function stop() {
    speechSynthesis.cancel();
    for (const button of buttons) button.setAttribute("aria-pressed", "false");
  }
  for (const button of buttons) {
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-pressed") === "true") return stop();
      stop();
      button.setAttribute("aria-pressed", "true");
      const root = document.querySelector(button.dataset.read) || document.body;
      const list = sentences(root);
      list.forEach((text, i) => {
        const one = new SpeechSynthesisUtterance(text);
        one.lang = lang;
        one.rate = 0.9;
        const voice = speechSynthesis.getVoices().find((v) => v.lang.replace("_", "-").startsWith(lang));
        if (voice) one.voice = voice;
        if (i === list.length - 1) one.onend = stop;
        speechSynthesis.speak(one);
      });
    });
  }
  addEventListener("pagehide", stop);
})();
