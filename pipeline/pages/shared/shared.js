"use strict";
// Runs in the head: the class must be there before the first paint, or the pictures would jump.
document.documentElement.classList.add("js");

// A page from a file may not have the clipboard; then the text is selected, to be copied by hand.
function makeCopy() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const text = document.getElementById(button.dataset.copy);
    const status = button.parentElement.querySelector("[role=status]");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent);
        status.textContent = "Copied.";
      } catch {
        getSelection().selectAllChildren(text);
        status.textContent = "Selected: copy it with your keyboard.";
      }
    });
  }
}
