
// In the place of a picture that is opened large, its original: while it is held down, or by the button.
function makeOriginals() {
  for (const button of document.querySelectorAll("[data-original]")) {
    const figure = button.closest("figure");
    const frame = figure.querySelector(".frame");
    const original = figure.closest(".cells").querySelector("img");

    function show(wanted) {
      if (wanted && !frame.querySelector(".was")) {
        const copy = original.cloneNode();
        copy.className = "was";
        copy.alt = "";
        frame.querySelector("img").after(copy);
      }
      figure.classList.toggle("original", wanted);
      button.setAttribute("aria-pressed", wanted);
    }
    button.addEventListener("click", () => show(!figure.classList.contains("original")));
    frame.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && figure.matches(":target")) show(true);
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) frame.addEventListener(end, () => show(false));
    frame.addEventListener("contextmenu", (event) => {
      if (figure.matches(":target") && figure.classList.contains("original")) event.preventDefault(); // a long press
    });
  }
}

const KEYS = { Escape: ".close", ArrowLeft: ".before", ArrowRight: ".next" };
function makeKeys() {
  document.addEventListener("keydown", (event) => {
    const link = document.querySelector("figure:target")?.querySelector(KEYS[event.key] ?? ":not(*)");
    if (!link || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    link.click();
  });
}

document.addEventListener("DOMContentLoaded", () => {
  makeCopy();
  makeOriginals();
  makeKeys();
});
