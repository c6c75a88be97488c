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

// What is typed may stand anywhere in a text; letters of both cases are the same.
function has(text, typed) {
  return text.toLowerCase().includes(typed.trim().toLowerCase());
}

const byText = new Intl.Collator("en", { numeric: true }).compare;

function reorder(list, compare) {
  const items = [...list.children];
  const places = new Map(items.map((item, place) => [item, place]));
  list.append(...items.sort((one, other) => compare(one, other) || places.get(one) - places.get(other)));
}

// On a narrow screen a list shows its first few items, until a button shows all.
const FEW = 4;
function markLater(list) {
  const shown = [...list.children].filter((item) => !item.hidden);
  for (const item of list.children) item.classList.remove("later");
  for (const item of shown.slice(FEW)) item.classList.add("later");
  const button = document.querySelector(`[data-more="${list.id}"]`);
  button.parentElement.hidden = shown.length <= FEW || list.classList.contains("all");
  const noun = list.id === "gallery" ? "pictures" : "boxes";
  button.textContent = `Show all ${shown.length} ${noun}`;
}
function showAllOf(list) {
  list.classList.add("all");
  markLater(list);
}
function makeMore() {
  for (const button of document.querySelectorAll("[data-more]")) {
    const list = document.getElementById(button.dataset.more);
    button.addEventListener("click", () => {
      const next = [...list.children].find((item) => item.classList.contains("later") && !item.hidden);
      showAllOf(list);
      next?.querySelector("a, input, button")?.focus(); // the button is gone
    });
    markLater(list);
  }
}

// Any filter hides the pictures that have no box left, those without boxes too; without a filter all are there.
function makeFilters() {
  const gallery = document.querySelector(".gallery");
  const status = document.getElementById("status");
  const boxesOn = document.getElementById("boxes");
  const onlyFlagged = document.getElementById("only-flagged");
  const classes = [...document.querySelectorAll("fieldset input")];
  const find = document.getElementById("find");
  const order = document.getElementById("order");
  const names = new Map(
    classes.map((box) => [box.dataset.class, box.closest("label").querySelector(".name").textContent]),
  );
  const pictures = [...gallery.children].map((item) => {
    const boxes = [...item.querySelectorAll(".box")];
    const inside = new Set(boxes.map((box) => names.get(box.dataset.class)));
    return { item, boxes, text: [item.querySelector("figcaption .name").textContent, ...inside].join("\n") };
  });

  function apply() {
    const chosen = new Set(classes.filter((box) => box.checked).map((box) => box.dataset.class));
    const filtered = chosen.size < classes.length || Boolean(onlyFlagged?.checked);
    let shownPictures = 0;
    let shownBoxes = 0;
    for (const { item, boxes, text } of pictures) {
      let left = 0;
      for (const box of boxes) {
        const fits = chosen.has(box.dataset.class) && (!onlyFlagged.checked || box.classList.contains("flagged"));
        box.toggleAttribute("hidden", !fits);
        left += fits;
      }
      item.hidden = (filtered && left === 0) || !has(text, find.value);
      shownPictures += !item.hidden;
      shownBoxes += item.hidden ? 0 : left;
    }
    const drawn = !boxesOn || boxesOn.checked;
    gallery.classList.toggle("no-boxes", !drawn);
    const count = `${shownBoxes.toLocaleString("en")} ${shownBoxes === 1 ? "box" : "boxes"}`;
    const noun = pictures.length === 1 ? "picture" : "pictures";
    status.textContent = `${shownPictures} of ${pictures.length} ${noun}, ${drawn ? `${count} shown` : "boxes not shown"}.`;
    markLater(gallery);
  }
  function clear() {
    find.value = "";
    if (onlyFlagged) onlyFlagged.checked = false;
    if (boxesOn) boxesOn.checked = true;
    for (const box of classes) box.checked = true;
    apply();
  }
  const orders = {
    "": (one, other) => one.dataset.number - other.dataset.number,
    name: (one, other) => byText(...[one, other].map((item) => item.querySelector("figcaption .name").textContent)),
    flagged: (one, other) => other.dataset.flagged - one.dataset.flagged,
    kept: (one, other) => one.dataset.kept - other.dataset.kept,
  };
  find.addEventListener("input", apply);
  order.addEventListener("change", () => {
    reorder(gallery, orders[""]);
    reorder(gallery, orders[order.value]);
    markLater(gallery);
  });
  for (const input of [boxesOn, onlyFlagged, ...classes]) input?.addEventListener("change", apply);
  for (const button of document.querySelectorAll("[data-check]")) {
    button.addEventListener("click", () => {
      for (const box of classes) box.checked = button.dataset.check === "all";
      apply();
    });
  }
  apply();
  return clear;
}

function makeCrops() {
  const list = document.getElementById("crops");
  if (!list) return;
  const find = document.getElementById("find-box");
  const order = document.getElementById("order-boxes");
  const status = document.getElementById("box-status");
  const text = (item, name) => item.querySelector(name).textContent;
  const first = new Map([...list.children].map((item, place) => [item, place]));
  const orders = {
    kept: (one, other) => first.get(one) - first.get(other),
    class: (one, other) => byText(text(one, ".class"), text(other, ".class")),
    large: (one, other) => other.dataset.area - one.dataset.area,
    small: (one, other) => one.dataset.area - other.dataset.area,
    name: (one, other) => byText(text(one, ".name"), text(other, ".name")),
  };
  function apply() {
    for (const item of list.children) {
      item.hidden = !has(`${text(item, ".class")}\n${text(item, ".name")}`, find.value);
    }
    const shown = [...list.children].filter((item) => !item.hidden).length;
    status.textContent = `${shown} of ${list.children.length} ${list.children.length === 1 ? "box" : "boxes"} shown.`;
    markLater(list);
  }
  find.addEventListener("input", apply);
  order.addEventListener("change", () => {
    reorder(list, orders.kept);
    reorder(list, orders[order.value]);
    markLater(list);
  });
  apply();
}

// A box leads to its picture: that is shown whatever the filters say, with this box marked, enlarged where there is room.
function makeLinks(clear, enlarge) {
  const gallery = document.getElementById("gallery");

  function reveal(item) {
    if (item.hidden) clear();
    if (item.classList.contains("later")) showAllOf(gallery);
  }
  function showTarget() {
    const item = /^#picture-\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!item) return;
    reveal(item);
    item.scrollIntoView({ block: "center" });
  }
  for (const link of document.querySelectorAll(".to-picture")) {
    link.addEventListener("click", () => {
      const item = document.getElementById(link.hash.slice(1));
      reveal(item);
      for (const box of gallery.querySelectorAll(".pointed")) box.classList.remove("pointed");
      item.querySelector(`[data-place="${link.dataset.place}"]`)?.classList.add("pointed");
      requestAnimationFrame(() => { // the browser has followed the link by then, which takes the focus
        item.scrollIntoView({ block: "center" });
        if (item.querySelector(".enlarge").offsetParent) enlarge(item.querySelector("figure"));
        else item.querySelector("input").focus({ preventScroll: true });
      });
    });
  }
  window.addEventListener("hashchange", showTarget);
  showTarget();
}

function makeTables() {
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (head.tagName !== "TH") return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sortBy(table, body, head, column));
    });
  }
  for (const input of document.querySelectorAll("[data-find]")) {
    const target = document.getElementById(input.dataset.find);
    const rows = [...(target.tBodies ? target.querySelectorAll("tbody tr:not(.fixed)") : target.children)];
    const status = input.closest("p").querySelector("[role=status]");
    input.addEventListener("input", () => {
      for (const row of rows) row.hidden = !has(row.textContent, input.value);
      for (const group of target.querySelectorAll(".group")) {
        const body = group.closest("tbody");
        group.parentElement.hidden = ![...body.rows].some((row) => !row.hidden && row !== group.parentElement);
      }
      status.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
    });
  }
}
// Numbers begin with the largest, names with the first; a row for all stays on top.
function sortBy(table, body, head, column) {
  const numbers = head.classList.contains("number");
  const before = head.getAttribute("aria-sort");
  const down = before ? before === "ascending" : numbers;
  for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const compare = (one, other) => (numbers ? value(one) - value(other) : byText(value(one), value(other)));
  const fixed = (row) => Number(row.classList.contains("fixed"));
  reorder(body, (one, other) => fixed(other) - fixed(one) || (down ? compare(other, one) : compare(one, other)));
}

// A narrow screen begins with folded tables; a wide one has no place to open them at, so there they are open.
function makeFolds() {
  const narrow = matchMedia("(max-width: 40rem)");
  const fold = () => {
    for (const one of document.querySelectorAll("details.fold")) one.open = !narrow.matches;
  };
  narrow.addEventListener("change", fold);
  fold();
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
  return open;
}

document.addEventListener("DOMContentLoaded", () => {
  makeFolds();
  makeTables();
  makeCopy();
  makeMore();
  makeCrops();
  if (!document.querySelector(".gallery")) return;
  document.querySelectorAll(".frame").forEach(makeSlider);
  for (const button of document.querySelectorAll("[data-cut]")) {
    button.addEventListener("click", () => showAll(button.dataset.cut));
  }
  makeLinks(makeFilters(), makeEnlarge());
});
