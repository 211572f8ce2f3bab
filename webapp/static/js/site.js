/* What the pages cannot do by themselves. Without this file every task can still be finished.
 *
 * Read from the page: meta[csrf-token], [data-countdown-to], [data-due] on #hero, [data-key], [data-shortcuts],
 * [data-guess-zone], [data-start], template#unsaved, template#failed, #problem, #say. All words come from the page.
 */
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);

  /* ---- requests ---------------------------------------------------------------------------- */
  const isPoll = (ctx) => ctx.sourceEvent?.type === "every" || ctx.sourceEvent?.type === "wake";

  const isBeingEdited = (region) =>
    region?.contains(document.activeElement?.closest("input, select, textarea")) ||
    region?.querySelector?.("form[data-edited]");

  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (isPoll(ctx) && (document.hidden || isBeingEdited(ctx.target))) return event.preventDefault();
    const token = $('meta[name="csrf-token"]')?.content;
    if (token && ctx.request.method !== "GET") ctx.request.headers["X-CSRFToken"] = token;
  });

  document.addEventListener("input", (event) => event.target.form?.setAttribute("data-edited", ""));

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.body.dispatchEvent(new Event("wake"));
  });

  /* ---- answers that are not what the page asked for ---------------------------------------- */
  let failed = null; // the request that "Try again" repeats

  const showProblem = (content) => $("#problem")?.replaceChildren(content);
  const template = (id) => document.getElementById(id)?.content.cloneNode(true) ?? "";

  /* The sentence of an error page or fragment, or ours if what came back is from something in between. */
  function inBanner(html) {
    const banner = template("failed");
    const sentence = $("[data-problem]", new DOMParser().parseFromString(html, "text/html"));
    if (sentence) $("p", banner).textContent = sentence.textContent;
    return banner;
  }

  document.addEventListener("htmx:error", (event) => {
    const { ctx } = event.detail;
    if (!ctx || ctx.response || isPoll(ctx)) return; // a poll that fails is tried again anyway
    failed = ctx;
    showProblem(template("unsaved"));
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-retry]") || !failed) return;
    const { sourceElement, sourceEvent } = failed;
    showProblem("");
    if (sourceElement.matches("form")) sourceElement.requestSubmit(sourceEvent?.submitter ?? undefined);
    else sourceElement.dispatchEvent(new Event(sourceEvent?.type ?? "click", { bubbles: true, cancelable: true }));
  });

  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const { status, raw, headers } = ctx.response;
    if (headers.get("HX-Redirect")) return; // htmx goes there
    if (status >= 400 && status !== 422) {
      event.preventDefault();
      if (!isPoll(ctx)) showProblem(inBanner(ctx.text));
    } else if (raw.redirected && /^\s*<!doctype/i.test(ctx.text) && ctx.target !== document.body) {
      event.preventDefault(); // a whole page came back: the session ended, or the form has been left
      if (!isPoll(ctx)) window.location.assign(raw.url);
    } else if (!isPoll(ctx)) {
      showProblem("");
    }
  });

  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.response?.status === 422) $('main [aria-invalid="true"]')?.focus();
    tick();
  });

  /* ---- the countdown: server time, words from the page -------------------------------------- */
  const seen = new WeakMap(); // element -> {now: its data-now, offset: server clock minus ours}
  let wokenFor = "";

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  function remaining(element) {
    const { countdownTo, now } = element.dataset;
    if (seen.get(element)?.now !== now) seen.set(element, { now, offset: Date.parse(now) - Date.now() });
    return Date.parse(countdownTo) - (Date.now() + (seen.get(element).offset || 0));
  }

  function inWords(element, left) {
    const { hours, minutes, seconds, due } = element.dataset;
    if (left <= 0) return due ?? "";
    if (seconds && left < 60e3) return fill(seconds, { s: Math.ceil(left / 1e3) });
    const m = Math.ceil(left / 60e3);
    if (hours && m >= 60) return fill(hours, { h: Math.floor(m / 60), m: m % 60 });
    return fill(minutes ?? "{m}", { m });
  }

  function tick() {
    for (const element of document.querySelectorAll("[data-countdown-to]")) {
      const left = remaining(element);
      const words = inWords(element, left);
      if (words && element.textContent !== words) element.textContent = words;
      if (element.dataset.title && words) document.title = fill(element.dataset.title, { left: words });
      if (left <= 0 && wokenFor !== element.dataset.countdownTo) {
        wokenFor = element.dataset.countdownTo;
        document.body.dispatchEvent(new Event("wake"));
      }
    }
    const icon = $('link[rel="icon"][data-due]');
    if (icon) {
      icon.dataset.rest ??= icon.getAttribute("href");
      const href = $("#hero[data-due]") ? icon.dataset.due : icon.dataset.rest;
      if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
    }
  }
  setInterval(tick, 1000);
  tick();

  /* ---- Start: the break runs for its seconds, then "I moved" has the focus ------------------- */
  let run = null; // {at, ms} of the break that is running
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  function pace() {
    const button = $("[data-start]");
    if (!button) return (run = null);
    const left = run ? run.at + run.ms - Date.now() : 0;
    if (run && left <= 0) {
      run = null;
      $("#hero .answers .primary")?.focus();
    }
    button.dataset.rest ??= button.textContent;
    button.textContent = run ? fill(button.dataset.running, { s: Math.ceil(left / 1e3) }) : button.dataset.rest;
    const part = run && !still.matches ? 100 * (1 - left / run.ms) : 0;
    $("#hero .ring circle")?.setAttribute("stroke-dasharray", `${part} 100`);
    $("#hero .fig")?.classList.toggle("flip", part > 0 && Math.floor(left / 1500) % 2 === 1);
  }
  setInterval(() => run && pace(), 500);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-start]");
    if (!button) return;
    run = run ? null : { at: Date.now(), ms: button.dataset.start * 1e3 };
    pace();
  });

  /* ---- keys -------------------------------------------------------------------------------- */
  let prefix = "";
  const typing = (target) => target.isContentEditable || target.closest?.("input, select, textarea, dialog");

  document.addEventListener("keydown", (event) => {
    if (document.body.dataset.shortcuts === "off" || typing(event.target)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "?") return $("#keys")?.showModal();
    const pressed = (prefix + event.key).toLowerCase();
    const keys = [...document.querySelectorAll("[data-key]")].filter((element) => !element.disabled);
    prefix = keys.some((element) => element.dataset.key.startsWith(`${pressed} `)) ? `${pressed} ` : "";
    keys.find((element) => element.dataset.key === pressed)?.click();
  });

  /* ---- the browser's zone, preselected where nothing was chosen ----------------------------- */
  for (const field of document.querySelectorAll("[data-guess-zone]")) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const known = !field.options || [...field.options].some((option) => option.value === zone);
    if (zone && known) field.value = zone;
  }
})();
