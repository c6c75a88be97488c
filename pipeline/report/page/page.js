"use strict";
// Runs in the head: the class must be there before the first paint, or the pictures would jump.
document.documentElement.classList.add("js");

function makeSlider(frame) {
  const range = frame.querySelector("input");

  function show() {
    frame.style.setProperty("--cut", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${range.value} % before, ${100 - range.value} % after`);
  }
  function follow(event) {
    const edges = frame.getBoundingClientRect();
    range.value = Math.round((100 * (event.clientX - edges.left)) / edges.width);
    show();
  }
  let start = null;
  let drags = false;
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    frame.setPointerCapture(event.pointerId);
    start = event;
    drags = event.pointerType !== "touch"; // a finger may be about to scroll the page
    if (drags) follow(event);
  });
  frame.addEventListener("pointermove", (event) => {
    if (!frame.hasPointerCapture(event.pointerId)) return;
    const across = Math.abs(event.clientX - start.clientX);
    drags ||= across > 6 && across > Math.abs(event.clientY - start.clientY);
    if (drags) follow(event);
  });
  frame.addEventListener("click", (event) => {
    follow(event);
    range.focus({ preventScroll: true }); // not earlier: pressing the button takes the focus away
  });
  range.addEventListener("input", show);
  show();
}

function showAll(cut) {
  for (const range of document.querySelectorAll(".frame input")) {
    range.value = cut;
    range.dispatchEvent(new Event("input"));
  }
}

// Any filter hides the pictures that have no box left, those without boxes too; without a filter all are there.
function makeFilters() {
  const gallery = document.querySelector(".gallery");
  const status = document.getElementById("status");
  const boxesOn = document.getElementById("boxes");
  const onlyFlagged = document.getElementById("only-flagged");
  const classes = [...document.querySelectorAll("fieldset input")];
  const pictures = [...gallery.children].map((item) => ({ item, boxes: [...item.querySelectorAll(".box")] }));

  function apply() {
    const chosen = new Set(classes.filter((box) => box.checked).map((box) => box.dataset.class));
    const filtered = chosen.size < classes.length || Boolean(onlyFlagged?.checked);
    let shownPictures = 0;
    let shownBoxes = 0;
    for (const { item, boxes } of pictures) {
      let left = 0;
      for (const box of boxes) {
        const fits = chosen.has(box.dataset.class) && (!onlyFlagged.checked || box.classList.contains("flagged"));
        box.toggleAttribute("hidden", !fits);
        left += fits;
      }
      item.hidden = filtered && left === 0;
      shownPictures += !item.hidden;
      shownBoxes += left;
    }
    const drawn = !boxesOn || boxesOn.checked;
    gallery.classList.toggle("no-boxes", !drawn);
    const count = `${shownBoxes.toLocaleString("en")} ${shownBoxes === 1 ? "box" : "boxes"}`;
    const noun = pictures.length === 1 ? "picture" : "pictures";
    status.textContent = `${shownPictures} of ${pictures.length} ${noun}, ${drawn ? `${count} shown` : "boxes not shown"}.`;
  }
  for (const input of [boxesOn, onlyFlagged, ...classes]) input?.addEventListener("change", apply);
  for (const button of document.querySelectorAll("[data-check]")) {
    button.addEventListener("click", () => {
      for (const box of classes) box.checked = button.dataset.check === "all";
      apply();
    });
  }
  apply();
}

// The figure itself moves into the dialog, so that its slider and its boxes stay as they are.
function makeEnlarge() {
  const dialog = document.querySelector("dialog");
  let home = null;

  function open(figure) {
    home = figure.parentElement;
    home.style.minHeight = `${home.offsetHeight}px`; // the page behind keeps its length and its place
    const { width, height } = figure.querySelector("svg").viewBox.baseVal;
    dialog.style.setProperty("--ratio", width / height);
    dialog.append(figure);
    label(figure, "Close");
    dialog.showModal();
  }
  function label(figure, text) {
    const button = figure.querySelector(".enlarge");
    const name = figure.querySelector(".name").textContent;
    button.textContent = text;
    button.setAttribute("aria-label", `${text} ${name}`);
    return button;
  }
  for (const button of document.querySelectorAll(".enlarge")) {
    button.addEventListener("click", () => (dialog.open ? dialog.close() : open(button.closest("figure"))));
  }
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside the picture
  });
  dialog.addEventListener("close", () => {
    const figure = dialog.firstElementChild;
    home.append(figure);
    home.style.minHeight = "";
    label(figure, "Enlarge").focus();
  });
}

document.addEventListener("DOMContentLoaded", () => {
  if (!document.querySelector(".gallery")) return;
  document.querySelectorAll(".frame").forEach(makeSlider);
  for (const button of document.querySelectorAll("[data-cut]")) {
    button.addEventListener("click", () => showAll(button.dataset.cut));
  }
  makeFilters();
  makeEnlarge();
});
