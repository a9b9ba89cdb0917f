// The page: the picture by WHEP, all else by the API.
import * as api from "./api.js";
import * as controls from "./controls.js";
import * as gallery from "./gallery.js";
import { lender } from "./lender.js";
import * as memory from "./memory.js";
import { publish, watch } from "./peer.js";
import * as stats from "./stats.js";

const $ = (id) => document.getElementById(id);
const video = $("video");

let hide;
function toast(error) {
  $("toast").textContent = error.message ?? error;
  $("toast").hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => { $("toast").hidden = true; }, 6000);
}

// A change shows at once; a refused one is taken back.
function change(settings) {
  controls.assume(settings);
  if (settings.style) gallery.select(settings.style);
  api.change(settings, show, toast);
}

function show(state) {
  controls.render(state);
  gallery.select(state.style);
}

// The picture.
const words = { connecting: "connecting", live: "live", lost: "lost; trying again", refused: "refused" };
function chip(state, detail) {
  $("chip").dataset.state = state === "live" ? "live" : state === "connecting" ? "waiting" : "lost";
  $("chip-text").textContent = words[state];
  $("chip-rate").textContent = "";
  if (state !== "live") {
    $("veil").firstElementChild.textContent = detail ?? (state === "lost" ? "The picture is gone; trying again…" : "Mixing the colours…");
    $("veil").classList.remove("gone");
  }
}
const viewer = watch(video, chip);
video.addEventListener("playing", () => $("veil").classList.add("gone"));
video.addEventListener("resize", () => { $("canvas").style.setProperty("--ratio", video.videoWidth / video.videoHeight); });
stats.watch(viewer);

// Settings, from here and from elsewhere.
controls.start(change);
controls.keys(change, gallery.step, memory);
gallery.start(change, toast).catch(toast);
api.follow({
  state: show,
  stats: (s) => {
    stats.render(s);
    $("camera").hidden = !s.camera.wanted;
    if ($("chip").dataset.state === "live") $("chip-rate").textContent = `${s.fps.toFixed(0)} fps`;
  },
  lost: () => { $("chip-rate").textContent = ""; stats.clear(); }, // the picture has a way of its own
});

// This browser's camera.
const lend = lender(publish, toast, (lent) => $("camera").setAttribute("aria-pressed", lent));
$("camera").addEventListener("click", lend.toggle);

// The rest.
$("full").addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : $("canvas").requestFullscreen()).catch(toast));
$("pip").hidden = !document.pictureInPictureEnabled;
$("pip").addEventListener("click", () => (document.pictureInPictureElement ? document.exitPictureInPicture() : video.requestPictureInPicture()).catch(toast));
$("help").addEventListener("click", () => $("about").showModal());

const root = document.documentElement;
root.style.colorScheme = memory.recall("theme") ?? "";
$("theme").addEventListener("click", () => {
  const dark = root.style.colorScheme ? root.style.colorScheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.style.colorScheme = dark ? "light" : "dark";
  memory.remember("theme", root.style.colorScheme);
});
