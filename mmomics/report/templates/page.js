"use strict";
// sort a table by the column whose head is clicked: numbers by value, unknown values last
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.firstElementChild.addEventListener("click", () => {
    const number = head.classList.contains("number");
    const rising = head.ariaSort ? head.ariaSort === "descending" : !number;
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const value = (row) => {
      const cell = row.cells[column];
      const text = cell.dataset.sort ?? cell.textContent;
      return number ? parseFloat(text) : text;
    };
    const rows = [...table.tBodies[0].rows].map((row) => [value(row), row]);
    rows.sort(([a], [b]) => {
      if (!number) return (rising ? 1 : -1) * a.localeCompare(b, "en", { numeric: true });
      if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
      return rising ? a - b : b - a;
    });
    table.tBodies[0].append(...rows.map(([, row]) => row));
  }));
}
// light and dark: the system's choice until the button is pressed
document.getElementById("scheme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = (root.dataset.scheme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.scheme = dark ? "light" : "dark";
});
// mark the section in view
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const inView = new Set();
const watch = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) inView[isIntersecting ? "add" : "delete"](target.id);
  const first = [...links.keys()].find((id) => inView.has(id));
  for (const [id, link] of links) id === first ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
}, { rootMargin: "-10% 0px -60% 0px" });
for (const id of links.keys()) watch.observe(document.getElementById(id));
// on paper everything is open
addEventListener("beforeprint", () => { for (const fold of document.querySelectorAll("details")) fold.open = true; });
