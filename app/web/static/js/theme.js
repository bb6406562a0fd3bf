// The button that switches between light and dark, and remembers it. Without JavaScript the system's choice holds.

const KEY = "handrail-theme";
const root = document.documentElement;
const systemDark = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (root.dataset.theme ?? (systemDark.matches ? "dark" : "light")) === "dark";

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem(KEY, root.dataset.theme);
    } catch {
      // Storage is off: the choice holds for this page.
    }
    show();
  });
  systemDark.addEventListener("change", show);
  show();
}
