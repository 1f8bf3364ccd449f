// What is asked in a window of its own: whether something is meant, a new label, a new login.

import { patch, post } from "./api.js";
import { h, toast } from "./dom.js";
import { noteBegun } from "./inbox.js";
import { soon } from "./live.js";
import { say } from "./words.js";

// Shows a dialog until it is closed; what it was closed with.
function show(dialog) {
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close("");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function cancel(dialog) {
  return h("button.button.quiet", { type: "button", onclick: () => dialog.close("") }, say.sure.cancel);
}

// Whether a person really means it. `what` names the question in `say.sure`.
export async function sure(what, who) {
  const [title, text] = say.sure[what];
  const verb = { relogin: say.act.reloginOnline, logout: say.act.logout, forget: say.act.forget, abandon: say.act.abandon }[what];
  const dialog = h("dialog.ask", { "aria-labelledby": "ask-title" });
  const yes = h(`button.button.${what === "relogin" ? "main" : "danger"}`, { type: "button", onclick: () => dialog.close("yes") }, verb);
  dialog.append(h("h2", { id: "ask-title" }, title), h("p", {}, text(who)), h("div.acts", {}, cancel(dialog), yes));
  return (await show(dialog)) === "yes";
}

// A field of a form with its label and its hint.
function field(name, label, hint, input) {
  input.id = `field-${name}`;
  input.name = name;
  if (hint) input.setAttribute("aria-describedby", `${input.id}-hint`);
  return h("div.field", {}, h("label", { htmlFor: input.id }, label), input, hint && h("small", { id: `${input.id}-hint` }, hint));
}

function text(about = {}) {
  return h("input", { type: "text", autocomplete: "off", spellcheck: false, ...about });
}

// A form in a dialog. `send(values)` may refuse with a problem, which is shown at its field.
function form(title, how, fields, go, send) {
  const dialog = h("dialog.ask", { "aria-labelledby": "ask-title" });
  const error = h("p.bad", { role: "alert", hidden: true });
  const offers = h("div.offers");
  const button = h("button.button.main", { type: "submit" }, go);
  const inputs = () => [...dialog.querySelectorAll("input, select")].filter((input) => input.name);
  const submit = async (more = {}) => {
    const values = Object.fromEntries(inputs().map((input) => [input.name, input.value.trim()]).filter(([, value]) => value));
    button.disabled = true;
    error.hidden = true;
    offers.replaceChildren();
    for (const input of inputs()) input.removeAttribute("aria-invalid");
    try {
      await send({ ...values, ...more });
      dialog.close("done");
    } catch (problem) {
      error.textContent = problem.message;
      error.hidden = false;
      const wrong = inputs().find((input) => input.name === problem.field);
      wrong?.setAttribute("aria-invalid", "true");
      wrong?.focus();
      offers.replaceChildren(...offersFor(problem, submit));
    } finally {
      button.disabled = false;
    }
  };
  dialog.append(h("form", { noValidate: true, onsubmit: (event) => {
    event.preventDefault();
    submit();
  } }, h("h2", { id: "ask-title" }, title), how && h("p", {}, how), ...fields, error, offers, h("div.acts", {}, cancel(dialog), button)));
  return show(dialog);
}

// The ways on from a refusal.
function offersFor(problem, submit) {
  if (problem.code !== "known-account") return [];
  const offer = (label, more) => h("button.button", { type: "button", onclick: () => submit(more) }, label);
  return [offer(say.form.known(problem.wcId), { wcId: problem.wcId }), offer(say.form.newDevice, { newDevice: true })];
}

// Begins a login.
export function begin() {
  const device = h("select", {}, h("option", { value: "" }, say.form.usual), h("option", { value: "ipad" }, "iPad"), h("option", { value: "mac" }, "Mac"));
  const fields = [
    field("label", say.form.label, say.form.labelHow, text({ maxLength: 128, autofocus: true })),
    field("wcId", say.form.wcId, say.form.wcIdHow, text({ placeholder: "wxid_…" })),
    h("details", {}, h("summary", {}, say.form.more),
      field("deviceType", say.form.device, "", device),
      field("proxy", say.form.region, say.form.regionHow, text({ inputMode: "numeric", pattern: "[0-9]*" }))),
  ];
  return form(say.form.title, say.form.how, fields, say.form.go, async ({ proxy, ...said }) => {
    const body = { ...said, ...(proxy ? { proxy: Number.isNaN(Number(proxy)) ? proxy : Number(proxy) } : {}) };
    const session = await post(["sessions"], body);
    noteBegun(session.wId, body);
    location.hash = "#/";
    document.getElementById("main").scrollIntoView({ block: "start" });
    soon();
  });
}

// Asks what the others are to call whoever sits here; nothing where that is not said.
export async function askName() {
  let name = "";
  const input = text({ maxLength: 64, autofocus: true, required: true });
  await form(say.claim.title, say.claim.how, [field("by", say.claim.name, "", input)], say.claim.mine, async ({ by = "" }) => {
    name = by;
  });
  return name;
}

// Gives an account another label.
export function rename(account) {
  const input = text({ value: account.label ?? "", maxLength: 128, autofocus: true });
  return form(say.form.rename, "", [field("label", say.form.label, say.form.labelHow, input)], say.form.save, async ({ label = "" }) => {
    await patch(["accounts", account.wcId], { label });
    toast(say.done.label);
    soon();
  });
}
