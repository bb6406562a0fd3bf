// The contact form asks for a phone number only when a call is wanted, and takes the reader to what is wrong.

const form = document.querySelector("[data-contact]");
const phone = form.elements.phone;

function follow() {
  const isCall = form.elements.channel.value === "phone";
  phone.required = isCall;
  phone.closest(".field").hidden = !isCall && !phone.value;
}

form.addEventListener("change", follow);
form.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => delete form.dataset.sent);
follow();
document.getElementById("trouble")?.focus();
