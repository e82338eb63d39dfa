// What pages do besides being read: copy, write dates as the visitor does, remember the address
// of somebody's own reader, and send the builder's form while it is filled in. Everything is
// there without this script, but for the buttons that it makes visible.
"use strict";
(() => {
  const SERVER = "feedsvc.reader";
  const ASKING_FAILED = "The server doesn’t answer as it should. “Show this feed” tries again.";

  // The day is that of the site, as everywhere else; how it is written is the visitor's.
  function showDates(root) {
    const timeZone = document.documentElement.dataset.zone;
    const day = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeZone });
    const exact = new Intl.DateTimeFormat(undefined, {
      dateStyle: "full", timeStyle: "long", timeZone,
    });
    for (const time of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      if (!isNaN(moment)) {
        time.title = exact.format(moment);
        time.textContent = day.format(moment);
        time.lang = day.resolvedOptions().locale;
      }
    }
  }

  function textOf(element) {
    return "value" in element ? element.value : element.textContent;
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(textOf(source));
      button.textContent = "Copied";
    } catch {
      // Without HTTPS there is no clipboard: the text is at least selected.
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }

  function remembered() {
    try {
      return JSON.parse(localStorage.getItem(SERVER)) || {};
    } catch {
      return {};
    }
  }

  function serverAt(text) {
    const named = text.trim().replace(/\/+$/, "");
    const url = /^[\w.-]+\.[\w.-]+(:\d+)?(\/|$)/.test(named) ? `https://${named}` : named;
    return /^https?:\/\/[^\s/]+/i.test(url) ? url : null;
  }

  function offerOwnServer(box) {
    const kind = box.querySelector("select");
    const address = box.querySelector("input");
    const link = box.querySelector("a");
    const known = remembered();
    if ([...kind.options].some((option) => option.value === known.kind)) kind.value = known.kind;
    address.value = known.address || "";
    const update = () => {
      const server = serverAt(address.value);
      link.hidden = !server;
      if (!server) return;
      link.href = server + kind.value + encodeURIComponent(box.dataset.feed);
      try {
        localStorage.setItem(SERVER, JSON.stringify({ kind: kind.value, address: server }));
      } catch { /* A browser that keeps nothing asks again. */ }
    };
    kind.addEventListener("change", update);
    address.addEventListener("input", update);
    box.querySelector(".by-hand").hidden = true;
    box.querySelector(".by-form").hidden = false;
    update();
  }

  function enhance(root) {
    showDates(root);
    for (const button of root.querySelectorAll("[data-copy]")) {
      button.hidden = false;
      button.addEventListener("click", () => copy(button));
    }
    for (const input of root.querySelectorAll(".copied input, textarea[readonly]")) {
      input.addEventListener("focus", () => input.select());
    }
    root.querySelectorAll(".own-server").forEach(offerOwnServer);
    for (const icon of root.querySelectorAll(".provider img")) {
      icon.addEventListener("error", () => icon.remove());
      if (icon.complete && !icon.naturalWidth) icon.remove();
    }
    // What is wider than the page can be scrolled with the keyboard, too.
    for (const wide of root.querySelectorAll(".body pre, .body table")) {
      if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
    }
  }

  // What somebody has opened stays open.
  function keepOpen(before, after) {
    const heading = (box) => box.querySelector("summary").textContent;
    const open = new Set([...before.querySelectorAll("details[open]")].map(heading));
    for (const box of after.querySelectorAll("details")) box.open = open.has(heading(box));
  }

  function followForm(form) {
    const action = form.getAttribute("action").replace(/#.*/, "");
    let waiting, asking, shown;
    const address = () => {
      const filled = [...new FormData(form)].filter(([, value]) => value.trim() !== "");
      const query = new URLSearchParams(filled).toString();
      return query ? `${action}?${query}` : action;
    };
    const send = async () => {
      const url = address();
      if (url === shown) return;
      if (asking) asking.abort();
      asking = new AbortController();
      const matches = document.getElementById("matches");
      try {
        const answer = await fetch(url, { signal: asking.signal });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const outcome = page.getElementById("outcome");
        const before = document.getElementById("outcome");
        keepOpen(before, outcome);
        before.replaceWith(outcome);
        enhance(outcome);
        matches.replaceChildren(...page.getElementById("matches").childNodes);
        history.replaceState(null, "", url);
        shown = url;
      } catch (error) {
        if (error.name !== "AbortError") matches.textContent = ASKING_FAILED;
      }
    };
    const isAnother = (field) => field.hasAttribute("list");
    form.addEventListener("input", (event) => {
      clearTimeout(waiting);
      if (!isAnother(event.target)) waiting = setTimeout(send, 300);
    });
    form.addEventListener("change", (event) => {
      clearTimeout(waiting);
      // A name that isn't in the form yet gets its box there.
      if (isAnother(event.target)) location.assign(address());
      else send();
    });
    form.addEventListener("submit", (event) => {
      clearTimeout(waiting);
      if (address() !== shown) return;
      event.preventDefault();
      document.getElementById("result").scrollIntoView();
    });
    shown = address();
  }

  enhance(document);
  const builder = document.getElementById("builder");
  if (builder) followForm(builder);
})();
