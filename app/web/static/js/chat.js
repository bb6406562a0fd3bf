// The chat without page loads. Every form also works by itself: this sends it, streams the answer, and looks for
// what people write. The server renders each message, so its words are in the reader's language.

import { fill } from "./time-zone.js";

const POLL_MS = 4000;
const QUIET_POLL_MS = 20000;

const chat = document.querySelector("[data-chat]");
const log = chat.querySelector("[data-log]");
const composer = chat.querySelector("[data-composer]");
const field = composer.elements.text;
const send = composer.querySelector("button[type=submit]");
const fault = chat.querySelector("[data-fault]");
const progress = chat.querySelector("[data-progress]");
let busy = false;

chat.querySelector("[data-keys-hint]").hidden = false;
readOn();
if (chat.hasAttribute("data-with-person")) setTimeout(poll, POLL_MS);

field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});

chat.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-turn]")) {
    event.preventDefault();
    const text = event.submitter?.name === "text" ? event.submitter.value : field.value.trim();
    if (text && !busy) takeTurn(form, text);
  } else if (form.matches("[data-vote]")) {
    event.preventDefault();
    vote(form, event.submitter);
  } else if (form.matches("[data-once]")) {
    if (busy) event.preventDefault();
    busy = true;
  }
});

async function takeTurn(form, text) {
  busy = send.disabled = true;
  const fromComposer = form === composer;
  const mine = add("[data-mine]"), theirs = chat.hasAttribute("data-with-person") ? null : add("[data-thinking]");
  words(mine).textContent = text;
  if (fromComposer) field.value = "";
  fault.replaceChildren();
  progress.textContent = theirs ? progress.dataset.looking : "";
  mine.scrollIntoView({ block: "start" });
  try {
    if (form.dataset.tried !== text) form.elements.key.value = freshKey();  // the same words again are the same try
    form.dataset.tried = text;
    const body = new FormData(form);
    body.set("text", text);
    body.set("after", log.dataset.last);
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(body), headers: { accept: "text/event-stream" } });
    if (!answer.ok) throw new Refused(answer.status);
    await read(answer.body, (name, data) => {
      if (name === "delta" && theirs) say(theirs, data.text);
      if (name === "messages") show(data, [mine, theirs]);
    });
    delete form.dataset.tried;
  } catch (error) {
    mine.remove();
    theirs?.remove();
    if (fromComposer) field.value = text;
    complain(error);
  }
  progress.textContent = "";
  busy = send.disabled = false;
  if (fromComposer) field.focus();
}

// Server-sent events of one answer: blocks of "event:" and "data:" lines, a blank line between them.
async function read(stream, on) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", finished = false;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const name = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (name && data) on(name, JSON.parse(data));
      finished ||= name === "messages";
    }
  }
  if (!finished) throw new Error("the answer broke off");
}

function show({ html, last, with_person: withPerson }, placeholders) {
  if (withPerson && !chat.hasAttribute("data-with-person")) return reload();
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  fill(fresh.content);
  const known = [...fresh.content.querySelectorAll(".said")].filter((one) => document.getElementById(one.id));
  for (const one of known) one.remove();
  placeholders.forEach((one) => one?.remove());
  if (fresh.content.querySelector(".said")) log.querySelectorAll(".chat-choices").forEach((old) => old.remove());
  const first = fresh.content.querySelector(".said");
  log.append(fresh.content);
  log.dataset.last = Math.max(Number(log.dataset.last), last);
  if (placeholders.length) first?.scrollIntoView({ block: "start" });
}

// A person takes over: the whole page changes its words. Whoever listens to it goes on at the newest message.
function reload() {
  remember("handrail-read-on", "yes");
  location.reload();
}

function readOn() {
  const newest = document.getElementById(`message-${log.dataset.last}`);
  newest?.scrollIntoView({ block: "start", behavior: "instant" });
  if (newest && recall("handrail-read-on")) {
    newest.tabIndex = -1;
    newest.focus({ preventScroll: true });
  }
}

async function poll() {
  try {
    if (!busy) {
      const address = `${chat.dataset.action}/messages?after=${log.dataset.last}`;
      const answer = await fetch(address, { headers: { accept: "application/json" } });
      if (answer.ok) show(await answer.json(), []);
      else if (answer.status === 404) return;
    }
  } catch {
    // Away for a moment: the next look comes anyway.
  }
  setTimeout(poll, document.hidden ? QUIET_POLL_MS : POLL_MS);
}

async function vote(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
    if (!answer.ok) throw new Refused(answer.status);
    const fresh = document.createElement("template");
    fresh.innerHTML = (await answer.json()).html;
    const next = fresh.content.querySelector("form");
    form.replaceWith(next);
    next.querySelector("[aria-pressed=true], input[type=checkbox]")?.focus();
  } catch (error) {
    complain(error);
  }
}

function add(selector) {
  log.append(chat.querySelector(`template${selector}`).content.cloneNode(true));
  return log.lastElementChild;
}

function say(bubble, text) {
  const place = words(bubble);
  place.querySelector(".thinking")?.remove();
  place.append(text);
}

function complain(error) {
  const words = { 422: progress.dataset.long, 429: progress.dataset.fast };
  const text = (error instanceof Refused && words[error.status]) || progress.dataset.offline;
  const notice = chat.querySelector("template[data-notice-danger]").content.cloneNode(true);
  notice.querySelector("[data-words]").textContent = text;
  fault.replaceChildren(notice);
}

function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(18)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function remember(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // Storage is off: the page is read from its beginning.
  }
}

function recall(name) {
  try {
    const value = sessionStorage.getItem(name);
    sessionStorage.removeItem(name);
    return value;
  } catch {
    return null;
  }
}

function words(bubble) {
  return bubble.querySelector("[data-words]");
}

class Refused extends Error {
  constructor(status) {
    super(`refused with ${status}`);
    this.status = status;
  }
}
