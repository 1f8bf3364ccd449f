// The list of phones that have something to do.

import { say, deviceName } from "/assets/words.js";

const list = document.getElementById("list");
const none = document.getElementById("none");
document.title = say.phones;

function entry(phone) {
  const link = document.createElement("a");
  link.href = `/phone/${encodeURIComponent(phone.wId)}`;
  const who = document.createElement("b");
  who.textContent = phone.nickName ?? deviceName(phone.deviceType);
  const name = document.createElement("small");
  name.textContent = phone.wId;
  const stage = document.createElement("span");
  stage.className = `badge ${phone.stage}`;
  stage.textContent = say.stages[phone.stage];
  link.append(who, stage, name);
  const item = document.createElement("li");
  item.append(link);
  return item;
}

let shown = "";
async function refresh() {
  try {
    const text = await (await fetch("/phones")).text();
    if (text !== shown) {
      const { phones } = JSON.parse(text);
      list.replaceChildren(...phones.map(entry));
      none.hidden = phones.length > 0;
      shown = text;
    }
  } catch {
    // The sandbox has gone away; it may come back.
  }
  setTimeout(refresh, 1000);
}
refresh();
