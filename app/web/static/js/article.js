// An article's conveniences: time stamps that seek in the film, and a vote that does not reload the page.

const video = document.querySelector("[data-video]");

document.addEventListener("click", (event) => {
  const stamp = event.target.closest("a.timestamp[data-seconds]");
  if (!stamp || !video) return;
  event.preventDefault();
  video.currentTime = Number(stamp.dataset.seconds);
  video.scrollIntoView({ block: "nearest" });
  video.play().catch(() => { /* the browser wants a click on the player first */ });
});

document.addEventListener("submit", async (event) => {
  const box = event.target.closest("#helpful");
  if (!box) return;
  event.preventDefault();
  const form = event.target;
  const buttons = form.querySelectorAll("button");
  const body = new URLSearchParams(new FormData(form, event.submitter));
  buttons.forEach((button) => { button.disabled = true; });
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("#helpful");
    if (!fresh) throw new Error("no answer");
    box.replaceWith(fresh);
    fresh.focus();
  } catch {
    form.submit();  // the plain way shows what is wrong
  }
});
