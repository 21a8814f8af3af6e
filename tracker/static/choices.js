"use strict";

/* A box that finds a choice among many, by its words or those of its group, and a button that ticks a whole group. The
   groups of the page work without both. */

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const filled = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

const boxes = (part) => [...part.querySelectorAll("input[type=checkbox]")];

function count(list, group) {
  const all = boxes(group);
  const ticked = all.filter((box) => box.checked).length;
  group.querySelector(".choice-count").textContent = filled(list.dataset.ticked, { ticked, all: all.length });
}

function addBox(list) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  const status = document.createElement("p");
  box.id = `${list.id}-find`;
  box.type = "search";
  box.className = "form-control";
  box.autocomplete = "off";
  label.htmlFor = box.id;
  label.textContent = list.dataset.find;
  status.className = "hint";
  status.setAttribute("role", "status");
  const field = document.createElement("div");
  field.className = "field choice-find";
  field.append(label, box, status);
  list.before(field);
  return { box, status };
}

const shown = (group) => boxes(group).filter((box) => !box.closest(".choice").hidden && !box.disabled);

function nameButton(list, group) {
  const isFull = shown(group).every((box) => box.checked);
  group.querySelector(".choice-all").textContent = isFull ? list.dataset.none : list.dataset.all;
}

/* Ticks the choices of the group that are shown, or takes all of these ticks off. */
function addButton(list, group) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-link choice-all";
  button.addEventListener("click", () => {
    const some = shown(group);
    const tick = some.some((box) => !box.checked);
    some.forEach((box) => { box.checked = tick; });
    some[0]?.dispatchEvent(new Event("change", { bubbles: true }));
  });
  group.querySelector(".choice-list").before(button);
  button.setAttribute("aria-describedby", group.querySelector(".choice-group-name").id);
  nameButton(list, group);
}

function makeFindable(list) {
  const groups = [...list.querySelectorAll("details")];
  const { box, status } = addBox(list);
  let before = null; /* which groups were open before something was looked for */

  function find() {
    const wanted = folded(box.value.trim());
    if (wanted && !before) before = groups.map((group) => group.open);
    let found = 0;
    groups.forEach((group, at) => {
      const isNamed = folded(group.querySelector(".choice-group-name").textContent).includes(wanted);
      const fitting = boxes(group).filter((one) => {
        const choice = one.closest(".choice");
        choice.hidden = !isNamed && !folded(`${choice.textContent} ${one.value}`).includes(wanted);
        return !choice.hidden;
      });
      found += fitting.length;
      group.hidden = !fitting.length;
      if (wanted) group.open = fitting.length > 0;
      else if (before) group.open = before[at] || boxes(group).some((one) => one.checked);
    });
    if (!wanted) before = null;
    groups.forEach((group) => nameButton(list, group));
    status.textContent = wanted ? filled(list.dataset.found, { found, all: boxes(list).length }) : "";
  }

  box.addEventListener("input", find);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); /* it looks for something; the form is sent by its button */
  });
  groups.forEach((group) => addButton(list, group));
  list.addEventListener("change", (event) => {
    const group = event.target.closest("details");
    count(list, group);
    nameButton(list, group);
  });
}

document.querySelectorAll(".choice-groups").forEach(makeFindable);
