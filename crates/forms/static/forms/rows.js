// Rows that are added in the browser. A button `data-add-row="items"` puts a copy of `<template data-rows="items">` before it, with
// the next number in place of `__n__`. Forms work without it: there are empty rows to be filled in.
const NUMBERED = ["id", "name", "for", "href", "list", "form", "aria-describedby", "aria-labelledby", "aria-controls"];

const parts = (button) => {
  const around = button.form ?? button.closest("form") ?? document;
  const named = CSS.escape(button.dataset.addRow);
  const template = around.querySelector(`template[data-rows="${named}"]`);
  const total = around.querySelector(`input[name="${named}-TOTAL"]`);
  return { around, template, total };
};

// A row that goes leaves room for another.
const full = ({ around, template }, prefix) => {
  const rows = [...around.querySelectorAll(`[data-row="${CSS.escape(prefix)}"]`)];
  const stay = rows.filter((row) => !row.querySelector('input[name$="-DELETE"]:checked'));
  return stay.length >= Number(template.dataset.max || Infinity);
};

const look = (button) => {
  const found = parts(button);
  button.hidden = !found.template || !found.total;
  button.disabled = button.hidden || full(found, button.dataset.addRow);
};

const lookAll = () => document.querySelectorAll("[data-add-row]").forEach(look);

const add = (button) => {
  const { around, template, total } = parts(button);
  const number = Number(total.value) || 0;
  const copy = template.content.cloneNode(true);
  for (const element of copy.querySelectorAll("*")) {
    for (const name of NUMBERED) {
      const text = element.getAttribute(name);
      if (text?.includes("__n__")) element.setAttribute(name, text.replaceAll("__n__", number));
    }
  }
  const before = around.querySelectorAll(`[data-row="${CSS.escape(button.dataset.addRow)}"]`).length;
  for (const place of copy.querySelectorAll("[data-row-number]")) place.textContent = before + 1;
  const row = copy.firstElementChild;
  template.before(copy);
  total.value = number + 1;
  look(button);
  row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  row.dispatchEvent(new CustomEvent("quintet:row", { bubbles: true, detail: { number } }));
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-add-row]");
  if (button && !button.disabled) add(button);
});
document.addEventListener("change", (event) => {
  if (event.target.name?.endsWith("-DELETE")) lookAll();
});
document.addEventListener("htmx:load", lookAll);
lookAll();
