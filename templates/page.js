// Everything here is a convenience: without script the page shows and does the same.
"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const stories = all("article[data-opened]");

  // What this browser remembers; it may forbid that.
  const recall = (key, otherwise) => {
    try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; }
  };
  const remember = (key, value) => {
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* then it is forgotten */ }
  };

  all(".scripted").forEach((element) => { element.hidden = false; });

  // Times are told in the reader's own zone where one asks for them.
  all("time[datetime]").forEach((time) => {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.getTime())) time.title = moment.toLocaleString();
  });

  // New since the last visit: a visit ends when the page was away for half an hour.
  const VISIT = 30 * 60 * 1000;
  const now = Date.now();
  const seen = recall("seen", { mark: now, at: now });
  if (now - seen.at > VISIT) seen.mark = seen.at;
  const visited = () => { seen.at = Date.now(); remember("seen", seen); };
  if (stories.length) {
    for (const story of stories) {
      if (Number(story.dataset.opened) > seen.mark) story.classList.add("new");
    }
    visited();
    document.addEventListener("visibilitychange", visited);
  }

  // Read stories, the latest few thousand.
  const MOST_READ = 2000;
  const read = new Set(recall("read", []));
  const show = (story) => {
    story.classList.toggle("read", read.has(story.id));
  };
  stories.forEach(show);
  const mark = (story, is) => {
    if (is) read.add(story.id); else read.delete(story.id);
    remember("read", [...read].slice(-MOST_READ));
    show(story);
  };

  // Keys.
  let at = -1;
  const go = (step) => {
    if (!stories.length) return;
    const focused = stories.findIndex((story) => story.contains(document.activeElement));
    if (focused >= 0) at = focused;
    at = Math.min(Math.max(at + step, 0), stories.length - 1);
    stories[at].querySelector("h3 a").focus();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    stories[at].scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  };
  const current = () => stories.find((story) => story.contains(document.activeElement)) ?? stories[at];
  const keys = document.getElementById("keys");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    const story = current();
    switch (event.key) {
      case "j": go(1); break;
      case "k": go(-1); break;
      case "o": story?.querySelector("h3 a").click(); break;
      case "s": story?.querySelector("a.here").click(); break;
      case "m": if (story) mark(story, !read.has(story.id)); break;
      case "/": document.getElementById("q").focus(); break;
      case "?": keys.showModal(); break;
      default: return;
    }
    event.preventDefault();
  });

  // Copy an address as the reader's own address bar has it.
  const copied = document.querySelector("[data-copied]");
  for (const button of all("[data-copy]")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const address = new URL(button.dataset.copy, location.href).href;
      try {
        await navigator.clipboard.writeText(address);
        copied.textContent = `Copied ${address}`;
        button.classList.add("done");
      } catch {
        copied.textContent = "This browser does not let the page copy.";
      }
    });
  }

  // A file goes where it would have been pasted.
  for (const input of all("[data-into]")) {
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (file) document.getElementById(input.dataset.into).value = await file.text();
    });
  }

  // What arrived since: offered, never pushed in under the reader's eyes.
  const fresh = document.querySelector("[data-fresh]");
  const EVERY = 3 * 60 * 1000;
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const shown = new Set(stories.map((story) => story.id));
      const newest = Math.max(0, ...stories.map((story) => Number(story.dataset.opened)));
      const there = (await answer.text()).matchAll(/<article id="(s\d+)"[^>]* data-opened="(\d+)"/g);
      const count = [...there].filter(([, id, opened]) => !shown.has(id) && Number(opened) > newest).length;
      if (count) {
        fresh.firstElementChild.textContent = count === 1 ? "1 new story" : `${count} new stories`;
        fresh.hidden = false;
      }
    } catch { /* the next look may do better */ }
  };
  if (fresh && !new URL(location.href).searchParams.has("before")) setInterval(look, EVERY);
})();
