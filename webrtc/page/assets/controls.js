// Sliders, choices and switches, and the settings they stand for.
const $ = (id) => document.getElementById(id);

const sliders = { // id: [field, index]
  "background-1": ["background", 0], "background-2": ["background", 1],
  "person-1": ["person", 0], "person-2": ["person", 1],
  feather: ["feather"], smoothing: ["smoothing"], detail: ["detail"],
};
let state;

export function start(change) {
  for (const [id, [field, index]] of Object.entries(sliders)) {
    $(id).addEventListener("input", () => {
      const value = Number($(id).value);
      show(id, value);
      change({ [field]: index === undefined ? value : state[field].with(index, value) });
    });
  }
  const background = () => {
    const mode = $("background-mode").value;
    $("background-colour").hidden = mode !== "color";
    change({ background_mode: mode === "color" ? `color:${$("background-colour").value}` : mode });
  };
  $("background-mode").addEventListener("change", background);
  $("background-colour").addEventListener("input", background);
  $("person-mode").addEventListener("change", () => change({ person_mode: $("person-mode").value }));
  $("person-style").addEventListener("change", () => change({ person_style: $("person-style").value }));
  $("quality").addEventListener("change", () => change({ quality: $("quality").value }));
  for (const input of $("view").querySelectorAll("input")) input.addEventListener("change", () => change({ view: input.value }));
  for (const id of ["mirror", "blank"]) $(id).addEventListener("click", () => change({ [id]: !state?.[id] })); // blank: even before the first state has come
}

const show = (id, value) => { document.querySelector(`output[for="${id}"]`).value = Number(value.toFixed(2)); };

// assume takes settings for granted until the server says what is in force.
export function assume(settings) { if (state) render({ ...state, ...settings }); }

// render shows settings that came from anywhere; what is being dragged stays put.
export function render(next) {
  state = next;
  for (const [id, [field, index]] of Object.entries(sliders)) {
    if ($(id).matches(":active")) continue;
    const value = index === undefined ? state[field] : state[field][index];
    $(id).value = value;
    show(id, value);
  }
  const [mode, colour] = state.background_mode.split(":");
  $("background-mode").value = mode;
  $("background-mode").querySelector("[value=image]").hidden = mode !== "image";
  $("background-colour").hidden = mode !== "color";
  if (colour) $("background-colour").value = colour;
  $("person-mode").value = state.person_mode;
  $("person-style").value = $("person-style").dataset.chosen = state.person_style;
  $("quality").value = state.quality;
  for (const input of $("view").querySelectorAll("input")) input.checked = input.value === state.view;
  for (const id of ["mirror", "blank"]) $(id).setAttribute("aria-pressed", state[id]);
  const tag = state.blank ? "blank, for everyone" : { original: "the camera, unpainted, for everyone", mask: "mask", side: "side by side" }[state.view];
  $("tag").hidden = !tag;
  $("tag").textContent = tag ?? "";
}

// The window's keys, where nobody is typing or choosing. They can be switched off: who speaks to the computer types by accident.
export function keys(change, step, memory) {
  const on = $("keys");
  on.checked = memory.recall("keys") !== "off";
  on.addEventListener("change", () => memory.remember("keys", on.checked ? "on" : "off"));
  const more = (field, by) => change({ [field]: state[field].map((a) => Math.min(1.5, Math.max(0, Math.round((a + by) * 100) / 100))) });
  const view = (v) => change({ view: state.view === v ? "painted" : v });
  const bindings = {
    n: () => step(1), p: () => step(-1),
    "[": () => more("background", -.1), "]": () => more("background", .1),
    "{": () => more("person", -.1), "}": () => more("person", .1),
    " ": () => view("original"), m: () => view("mask"), o: () => view("side"),
    f: () => change({ mirror: !state.mirror }), b: () => change({ blank: !state?.blank }),
    h: () => $("about").showModal(), "?": () => $("about").showModal(),
  };
  addEventListener("keydown", (e) => {
    if (!on.checked || !state && e.key.toLowerCase() !== "b" || e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
    const busy = e.target.matches("select, [type=password]") || e.key === " " && e.target.matches("button, input, a, summary");
    const action = bindings[e.key.length === 1 ? e.key.toLowerCase() : e.key];
    if (busy || !action) return;
    e.preventDefault();
    action();
  });
}
