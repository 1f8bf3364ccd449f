// Elements, made and kept: a small vocabulary instead of a framework.

// An element. Names that begin with "on" are listeners, "data" is a dataset; what is null, undefined or false is left out.
export function h(name, about = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(about)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "data") Object.assign(element.dataset, value);
    else if (key in element && key !== "list" && key !== "form") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

export const at = (id) => document.getElementById(id);

// Writes a text where it is not there already, so that nothing is announced or selected anew.
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Brings a parent's children into the order of `items`. What was made for a key stays as long as its key does:
// `make(item)` gives {element, update(item)}, and `kept` is the Map that remembers them.
export function keep(parent, kept, items, keyOf, make) {
  const wanted = new Set(items.map(keyOf));
  for (const [key, part] of kept) {
    if (!wanted.has(key)) {
      part.element.remove();
      kept.delete(key);
    }
  }
  let before = null;
  for (const item of items) {
    const key = keyOf(item);
    let part = kept.get(key);
    if (!part) {
      part = make(item);
      kept.set(key, part);
    }
    part.update(item);
    const place = before ? before.nextElementSibling : parent.firstElementChild;
    // An element that is in its place is not moved: moving takes the focus away.
    if (part.element !== place) parent.insertBefore(part.element, place);
    before = part.element;
  }
}

// Says something to those who listen to the page.
export function announce(text) {
  const says = at("says");
  says.append(h("p", {}, text));
  while (says.childElementCount > 4) says.firstElementChild.remove();
}

// Shows a sentence for a while.
export function toast(text, kind = "good") {
  const note = h(`p.toast.${kind}`, {}, text);
  at("toasts").append(note);
  setTimeout(() => note.remove(), kind === "bad" ? 9000 : 4500);
}

// Runs what a button does: once at a time, and says what went wrong.
export async function run(button, act) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await act();
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    button.removeAttribute("aria-disabled");
  }
}
