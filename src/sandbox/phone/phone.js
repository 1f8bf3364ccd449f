// One simulated phone: shows where its login stands and offers what can be done now.

import { say, fill, deviceName } from "/assets/words.js";

const name = decodeURIComponent(location.pathname.split("/").pop());
const at = (id) => document.getElementById(id);
const MAIN = ["scan", "confirm", "decline", "drop"];
let drawn = "";

at("name").textContent = name;
document.title = say.wechat;

function heading(login) {
  if (login.stage === "ended") return login.end;
  if (login.stage === "shown" && login.via === "popup") return "box";
  return login.stage === "code" && !login.code ? "elsewhere" : login.stage;
}

function show(word, places = {}) {
  const [title, text] = say[word];
  at("picture").className = `picture ${word}`;
  at("title").textContent = fill(title, places);
  at("text").textContent = fill(text, places);
}

function button(action, login) {
  const element = document.createElement("button");
  // On the first screen the next thing to do is the scan; confirming at once is for programs.
  element.className = `button ${["scan", "confirm"].includes(action) ? "main" : ""} ${action}`;
  element.textContent = say.actions[action];
  element.addEventListener("click", () => act(action, login));
  return element;
}

function draw(login) {
  const about = JSON.stringify({ ...login, expiresInMs: 0, polls: 0, pollsOpen: 0 });
  const left = at("left");
  left.hidden = login.expiresInMs === null;
  left.firstElementChild.style.width = `${Math.min(100, (login.expiresInMs ?? 0) / 3000)}%`;
  if (about === drawn) return;
  drawn = about;
  show(heading(login), { device: deviceName(login.deviceType), who: login.nickName ?? "" });
  at("code").hidden = !login.code;
  at("code").textContent = login.code ?? "";
  at("slider").hidden = !login.captcha;
  at("slider").firstElementChild.href = `/captcha/index.html?appid=2078688116&uuid=${login.captcha}`;
  const offered = login.actions.filter((action) => !(login.stage === "shown" && login.via === "qr" && action === "confirm"));
  at("main").replaceChildren(...offered.filter((action) => MAIN.includes(action)).map((action) => button(action, login)));
  const other = offered.filter((action) => !MAIN.includes(action));
  at("other").replaceChildren(...other.map((action) => button(action, login)));
  at("more").hidden = other.length === 0;
  choosePerson(login);
}

async function choosePerson(login) {
  const who = at("who");
  who.hidden = login.stage !== "shown" || login.via !== "qr";
  if (who.hidden) return;
  const { people } = await (await fetch("/phones")).json();
  const choice = (wcId, label) => new Option(label, wcId);
  const choices = people.map((person) => choice(person.wcId, `${person.nickName} (${person.wcId})`));
  const own = login.askedFor;
  if (own && !people.some((person) => person.wcId === own)) choices.unshift(choice(own, own));
  if (!own) choices.unshift(choice("", say.stranger));
  const select = who.querySelector("select");
  select.replaceChildren(...choices);
  select.value = own ?? "";
  who.hidden = choices.length < 2;
}

async function act(action) {
  const wcId = at("who").hidden ? "" : at("who").querySelector("select").value;
  const answer = await fetch(`/phone/${encodeURIComponent(name)}/${action}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(wcId ? { wcId } : {}),
  });
  const body = await answer.json();
  at("error").hidden = answer.ok;
  if (answer.ok) draw(body);
  else at("error").textContent = body.error;
}

async function refresh() {
  try {
    const answer = await fetch(`/phone/${encodeURIComponent(name)}/state`);
    if (answer.ok) draw(await answer.json());
    else nothing("gone");
  } catch {
    nothing("away");
  }
  setTimeout(refresh, 1000);
}

function nothing(word) {
  drawn = "";
  show(word);
  for (const id of ["code", "slider", "who", "left", "more"]) at(id).hidden = true;
  at("main").replaceChildren();
}

refresh();
