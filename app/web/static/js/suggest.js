// Titles while typing: an ARIA 1.2 combobox over /api/suggestions. The form works without it.

const WAIT_MS = 120;
const language = document.documentElement.lang;
let serial = 0;

for (const form of document.querySelectorAll("form[data-suggest]")) attach(form, form.querySelector("input[type=search]"));

function attach(form, input) {
  const list = document.createElement("ul");
  list.id = `suggestions-${++serial}`;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0].textContent);
  form.append(list);
  Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })
    .forEach(([name, value]) => input.setAttribute(name, value));

  let timer, request, chosen = -1;
  const options = () => [...list.children];

  const close = () => {
    list.hidden = true;
    choose(-1);
    input.setAttribute("aria-expanded", "false");
  };
  const choose = (index) => {
    chosen = index;
    options().forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    const option = list.children[index];
    option ? input.setAttribute("aria-activedescendant", option.id) : input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };
  const show = (suggestions) => {
    list.replaceChildren(...suggestions.map((suggestion, at) => optionOf(suggestion, `${list.id}-${at}`)));
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = suggestions.length === 0 || document.activeElement !== input;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };
  const ask = async () => {
    request?.abort();
    const text = input.value.trim();
    if (!text) return close();
    request = new AbortController();
    try {
      const answer = await fetch(`/api/suggestions?${new URLSearchParams({ q: text, language })}`, { signal: request.signal });
      show(answer.ok ? (await answer.json()).suggestions : []);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  };

  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("compositionend", () => { timer = setTimeout(ask, WAIT_MS); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    const last = list.children.length - 1;
    if (event.key === "ArrowDown") choose(chosen === last ? -1 : chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen === -1 ? last : chosen - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen >= 0) location.assign(list.children[chosen].dataset.url);
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault());  // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.url);
  });
}

function optionOf(suggestion, id) {
  const option = document.createElement("li");
  option.id = id;
  option.lang = suggestion.language;
  option.dir = "auto";
  option.dataset.url = suggestion.url;
  option.textContent = suggestion.title;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  return option;
}
