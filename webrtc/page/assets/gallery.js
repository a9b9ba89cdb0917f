// The gallery of styles: choose one, add a picture, forget one of one's own.
import * as api from "./api.js";

const $ = (id) => document.getElementById(id);
const strip = $("styles");
let names = [], current = "", onChange, onError;

export async function start(changed, failed) {
  onChange = changed;
  onError = failed;
  $("file").addEventListener("change", () => { add($("file").files[0]); $("file").value = ""; });
  addEventListener("paste", (e) => { const file = picture(e.clipboardData); if (file) add(file); });
  addEventListener("dragover", (e) => { e.preventDefault(); document.body.classList.add("dropping"); });
  addEventListener("dragleave", (e) => { if (!e.relatedTarget) document.body.classList.remove("dropping"); });
  addEventListener("drop", (e) => {
    e.preventDefault();
    document.body.classList.remove("dropping");
    const file = picture(e.dataTransfer);
    if (file) add(file); else onError(new Error("Drop a picture: JPEG, PNG, WebP or GIF."));
  });
  await load();
}

// select marks the style in force.
export function select(name) {
  if (name === current) return;
  current = name;
  for (const input of strip.querySelectorAll("input")) input.checked = input.value === name;
  reveal();
}

// reveal brings the chosen style into sight: the ribbon moves, the page does not.
function reveal() {
  const chosen = strip.querySelector("input:checked")?.closest(".style").getBoundingClientRect();
  if (!chosen) return;
  const shown = strip.getBoundingClientRect();
  strip.scrollBy({
    left: chosen.left - shown.left - (shown.width - chosen.width) / 2,
    top: chosen.top - shown.top - (shown.height - chosen.height) / 2,
  });
}

// step goes to the next style, or the previous one.
export function step(by) {
  if (!names.length) return;
  onChange({ style: names[(names.indexOf(current) + by + names.length) % names.length] });
}

const picture = (data) => [...(data?.files ?? [])].find((f) => f.type.startsWith("image/"));

async function load() {
  const list = await api.styles();
  names = list.map((s) => s.name);
  strip.replaceChildren(...list.map(card));
  const select = $("person-style");
  select.replaceChildren(select.options[0], ...list.map((s) => new Option(s.title || pretty(s.name), s.name)));
  select.value = select.dataset.chosen ?? ""; // which the settings may have named before it could be chosen
  reveal();
}

function card(style) {
  const box = element("div", "style"), label = element("label");
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "style", value: style.name, checked: style.name === current });
  input.addEventListener("change", () => onChange({ style: style.name }));
  const image = Object.assign(new Image(), { src: api.preview(style.name), alt: "", width: 128, height: 128 });
  label.append(input, image, element("span", "name", style.title || pretty(style.name)));
  if (style.artist) label.append(element("span", "artist", [style.artist, style.year].filter(Boolean).join(", ")));
  box.append(label);
  if (!style.built_in) {
    const forget = element("button", "forget", "×");
    forget.setAttribute("aria-label", `Forget ${pretty(style.name)}`);
    forget.addEventListener("click", () => api.removeStyle(style.name).then(load).catch(onError));
    box.append(forget);
  }
  return box;
}

async function add(file) {
  if (!file) return;
  const stem = file.name.replace(/\.[^.]*$/, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 50).replace(/^-+|-+$/g, "") || "picture";
  let name = stem;
  for (let n = 2; names.includes(name); n++) name = `${stem}-${n}`;
  $("add").setAttribute("aria-busy", "true");
  try {
    await api.addStyle(name, file);
    await load();
    onChange({ style: name });
  } catch (e) {
    onError(e);
  } finally {
    $("add").removeAttribute("aria-busy");
  }
}

const pretty = (name) => name.replaceAll("-", " ");

function element(tag, name = "", text = "") {
  return Object.assign(document.createElement(tag), { className: name, textContent: text });
}
