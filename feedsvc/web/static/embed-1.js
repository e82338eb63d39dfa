// <feed-embed src="https://feeds.example/topics/ai.json"></feed-embed>: the newest stories of a
// JSON Feed on any page. Version 1; these bytes never change, since pages name their digest.
// Attributes: src, limit (5), layout (list, cards), images (none), theme (auto, light, dark).
// Nothing of a feed is ever read as HTML, and no address but http and https is followed.
"use strict";
(() => {
  if (customElements.get("feed-embed")) return;
  const PATIENCE_MS = 15000;
  const LONGEST = 300;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
:host { display: block; color-scheme: light dark; }
:host([hidden]) { display: none; }
.box { all: initial; display: block; --i: var(--feed-ink, #1c1b18); --p: var(--feed-paper, #fff); --s: var(--feed-soft, #5d5a52); --r: var(--feed-rule, #ddd9d0); box-sizing: border-box; color: var(--i); background: var(--p); border-block-start: 3px solid var(--feed-accent, #9b2c1d); padding: .75em 1em; font: 1em/1.4 var(--feed-font, system-ui, sans-serif); text-align: start; overflow-wrap: anywhere; min-block-size: var(--reserved); }
.dark { --i: var(--feed-ink, #ebe7dd); --p: var(--feed-paper, #171614); --s: var(--feed-soft, #aaa498); --r: var(--feed-rule, #3d3a34); }
@media (prefers-color-scheme: dark) { .auto { --i: var(--feed-ink, #ebe7dd); --p: var(--feed-paper, #171614); --s: var(--feed-soft, #aaa498); --r: var(--feed-rule, #3d3a34); } }
* { box-sizing: border-box; margin: 0; }
a { color: inherit; text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid currentcolor; outline-offset: 2px; }
a:focus-visible, .box:focus { outline: none; }
:is(li, .title):has(a:focus-visible) { outline: 3px solid currentcolor; outline-offset: -3px; }
.title { font-weight: 700; block-size: 1.6em; overflow: hidden; }
ul { list-style: none; padding: 0; }
li { display: flex; gap: .9em; block-size: 4.9em; padding-block: .5em; border-block-start: 1px solid var(--r); overflow: hidden; }
li > div { flex: 1; min-inline-size: 0; }
.head { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-clamp: 2; overflow: hidden; font-weight: 600; }
.facts { color: var(--s); font-size: .8em; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
img { flex: none; inline-size: 6.2em; block-size: 3.5em; object-fit: cover; background: var(--r); }
.cards ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(13em, 100%), 1fr)); gap: 0 1.2em; }
.cards li { display: block; block-size: 13em; }
.cards img { inline-size: 100%; block-size: 7em; margin-block-end: .4em; }
.waiting li::before { content: ""; flex: 1; align-self: start; block-size: 1.2em; background: var(--r); }
button { font: inherit; color: inherit; background: none; border: 1px solid currentcolor; border-radius: 3px; padding: .2em .7em; cursor: pointer; }
.said { color: var(--s); padding-block: .6em; }
`);

  const make = (name, text, part) => {
    const element = document.createElement(name);
    if (text) element.textContent = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
    if (part) element.className = part;
    return element;
  };
  const isText = (value) => typeof value === "string" && value.trim() !== "";
  const address = (value, base) => {
    if (!isText(value)) return null;
    try {
      const url = new URL(value, base);
      return /^https?:$/.test(url.protocol) ? url.href : null;
    } catch {
      return null;
    }
  };
  // What a text does to the direction of its signs ends with it.
  const isolated = (text) => make("bdi", text);
  const link = (text, url) => {
    if (!url) return isolated(text);
    const anchor = make("a");
    anchor.href = url;
    anchor.target = "_blank";
    anchor.rel = "noopener";
    anchor.append(isolated(text));
    return anchor;
  };

  class FeedEmbed extends HTMLElement {
    static observedAttributes = ["src", "limit", "layout", "images", "theme"];
    #asking = null;
    #feed = null;
    #shown = null;
    #height = "0";

    connectedCallback() {
      if (!this.shadowRoot) {
        this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
      }
      this.#update();
    }

    disconnectedCallback() {
      this.#asking?.abort();
      this.#asking = null;
    }

    attributeChangedCallback(name, before, after) {
      if (this.isConnected && this.shadowRoot && before !== after) this.#update();
    }

    get #limit() {
      const limit = Number.parseInt(this.getAttribute("limit"), 10);
      return limit >= 1 && limit <= 50 ? limit : 5;
    }

    #update() {
      const url = address(this.getAttribute("src"), document.baseURI);
      this.#asking?.abort();
      this.#asking = null;
      if (url && url === this.#shown) return this.#showFeed();
      if (!url) return this.#say("alert", "No feed: src has no http or https address.");
      return this.#load(url);
    }

    async #load(url) {
      const asking = this.#asking = new AbortController();
      const patience = setTimeout(() => asking.abort("late"), PATIENCE_MS);
      this.#wait();
      try {
        const answer = await fetch(url, { signal: asking.signal, credentials: "omit" });
        if (!answer.ok) throw new Error(answer.status);
        const feed = await answer.json();
        if (!Array.isArray(feed?.items)) throw new Error("no JSON Feed");
        if (this.#asking !== asking) return;
        this.#feed = feed;
        this.#shown = url;
        this.#showFeed();
      } catch {
        // Taken away or asked for something else meanwhile: nobody waits for this.
        if (this.#asking === asking) this.#say("alert", "These stories can’t be loaded now.", url);
      } finally {
        clearTimeout(patience);
      }
    }

    #box(...content) {
      const layout = this.getAttribute("layout") === "cards" ? "cards" : "list";
      const theme = ["light", "dark"].find((one) => one === this.getAttribute("theme")) || "auto";
      const box = make("section", null, `box ${layout} ${theme}`);
      // As high as it will be, so that nothing below it moves.
      const reserved = layout === "cards" ? this.#height : `${this.#limit * 4.9 + 3.3}em`;
      box.style.setProperty("--reserved", reserved);
      box.append(...content);
      const hadFocus = this.shadowRoot.activeElement !== null;
      this.shadowRoot.replaceChildren(box);
      if (hadFocus) {
        box.tabIndex = -1;
        (box.querySelector("button") || box).focus();
      }
      return box;
    }

    #wait() {
      const list = make("ul");
      list.setAttribute("aria-hidden", "true");
      list.append(...Array.from({ length: this.#limit }, () => make("li")));
      const said = make("p", "Loading…", "title");
      said.setAttribute("role", "status");
      const box = this.#box(said, list);
      box.classList.add("waiting");
      this.#height = `${box.offsetHeight}px`;
      box.setAttribute("aria-busy", "true");
    }

    #say(role, text, url) {
      const said = make("p", text, "said");
      said.setAttribute("role", role);
      const again = make("button", "Try again");
      again.type = "button";
      again.addEventListener("click", () => this.#load(url));
      this.#box(said, ...(url ? [again] : []));
    }

    #showFeed() {
      const feed = this.#feed;
      const name = isText(feed.title) ? feed.title : "Feed";
      const title = make("p", null, "title");
      title.append(link(name, address(feed.home_page_url)));
      const items = feed.items.filter((item) => item && typeof item === "object");
      if (!items.length) {
        const empty = make("p", "Nothing here yet.", "said");
        return this.#box(title, empty).setAttribute("aria-label", name);
      }
      const list = make("ul");
      list.append(...items.slice(0, this.#limit).map((item) => this.#entry(item)));
      return this.#box(title, list).setAttribute("aria-label", name.slice(0, LONGEST));
    }

    #entry(item) {
      const entry = make("li");
      const picture = this.getAttribute("images") === "none" ? null : address(item.image);
      if (picture) {
        const image = make("img");
        image.alt = "";
        image.loading = "lazy";
        image.src = picture;
        image.addEventListener("error", () => image.remove());
        entry.append(image);
      }
      if (isText(item.language)) entry.lang = item.language;
      const text = make("div");
      const head = make("div", null, "head");
      head.dir = "auto";
      head.append(link(isText(item.title) ? item.title : "Untitled", address(item.url)));
      const facts = make("div", null, "facts");
      const author = item.authors?.[0]?.name;
      if (isText(author)) facts.append(isolated(author), " ");
      const moment = new Date(item.date_published);
      if (item.date_published && !isNaN(moment)) {
        const time = make("time", moment.toLocaleDateString(undefined, { dateStyle: "medium" }));
        time.dateTime = moment.toISOString();
        facts.append(time);
      }
      text.append(head, facts);
      entry.append(text);
      return entry;
    }
  }
  customElements.define("feed-embed", FeedEmbed);
})();
