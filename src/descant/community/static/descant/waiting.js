/* While something was sent and no answer has come, the list is asked for anew, less and less often. */
const TIMES = 10;

/** @returns {HTMLElement | null} */
const list = () => document.querySelector("[data-waits='yes']");

/** @param {number} left how often it is asked yet */
async function look(left) {
  const shown = list();
  if (!shown || !left || shown.contains(document.activeElement)) return;
  const answer = await fetch(location.href, { credentials: "same-origin" });
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-waits]");
  if (found && !shown.contains(document.activeElement)) {
    shown.setAttribute("data-waits", found.getAttribute("data-waits") ?? "");
    if (found.innerHTML !== shown.innerHTML) shown.replaceChildren(...found.childNodes);
  }
  setTimeout(look, 1000 * (TIMES - left + 1), left - 1);
}

setTimeout(look, 1000, TIMES);
