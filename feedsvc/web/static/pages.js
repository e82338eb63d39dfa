// What pages do besides being read: copy, write dates as the visitor does, remember the address
// of somebody's own reader, and send the builder's form while it is filled in. Everything is
// there without this script, but for the buttons that it makes visible.
"use strict";
(() => {
  const SERVER = "feedsvc.reader";

  function showDates(root) {
    const format = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
    for (const time of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      if (!isNaN(moment)) {
        time.title = moment.toLocaleString(undefined, { dateStyle: "full", timeStyle: "short" });
        time.textContent = format.format(moment);
        time.lang = format.resolvedOptions().locale;
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

  function offerOwnServer(box) {
    const kind = box.querySelector("select");
    const address = box.querySelector("input");
    const link = box.querySelector("a");
    const known = remembered();
    if ([...kind.options].some((option) => option.value === known.kind)) kind.value = known.kind;
    address.value = known.address || "";
    const update = () => {
      const server = address.value.trim().replace(/\/+$/, "");
      const fits = /^https?:\/\/[^\s/]+/i.test(server);
      link.hidden = !fits;
      if (!fits) return;
      link.rel = "noreferrer";
      link.href = server + kind.value + encodeURIComponent(box.dataset.feed);
      try {
        localStorage.setItem(SERVER, JSON.stringify({ kind: kind.value, address: server }));
      } catch { /* A browser that keeps nothing asks again. */ }
    };
    kind.addEventListener("change", update);
    address.addEventListener("input", update);
    box.hidden = false;
    update();
  }

  function enhance(root) {
    showDates(root);
    for (const button of root.querySelectorAll("[data-copy]")) {
      button.hidden = false;
      button.addEventListener("click", () => copy(button));
    }
    for (const input of root.querySelectorAll(".copied input")) {
      input.addEventListener("focus", () => input.select());
    }
    root.querySelectorAll(".own-server").forEach(offerOwnServer);
    // What is wider than the page can be scrolled with the keyboard, too.
    for (const wide of root.querySelectorAll(".body pre, .body table")) {
      if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
    }
  }

  function followForm(form) {
    let waiting, asking;
    const send = async () => {
      const filled = [...new FormData(form)].filter(([, value]) => value !== "");
      const query = new URLSearchParams(filled).toString();
      const url = query ? `${form.action}?${query}` : form.action;
      if (asking) asking.abort();
      asking = new AbortController();
      try {
        const answer = await fetch(url, { signal: asking.signal });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const [outcome, matches] = ["outcome", "matches"].map((id) => page.getElementById(id));
        if (!outcome) return;
        enhance(outcome);
        document.getElementById("outcome").replaceWith(outcome);
        document.getElementById("matches").replaceChildren(...matches.childNodes);
        history.replaceState(null, "", url);
      } catch (error) {
        if (error.name !== "AbortError") form.submit();
      }
    };
    const wait = (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(send, event.type === "change" ? 0 : 300);
    };
    form.addEventListener("input", wait);
    form.addEventListener("change", wait);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(waiting);
      send();
    });
  }

  enhance(document);
  const builder = document.getElementById("builder");
  if (builder) followForm(builder);
})();
