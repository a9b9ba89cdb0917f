// The page's ways with connections and cameras that come late, among fakes.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { readFileSync } from "node:fs";

// By their text: without a package.json of their own, Node.js 18 takes them for CommonJS.
const load = (name) => import(`data:text/javascript,${encodeURIComponent(readFileSync(new URL(`../page/assets/${name}`, import.meta.url), "utf8"))}`);
const { lender } = await load("lender.js");
const { Peer } = await load("peer.js");
const controls = await load("controls.js");
const memory = await load("memory.js");

// later is a promise that a test settles.
const later = () => { const p = {}; p.promise = new Promise((ok, no) => { p.ok = ok; p.no = no; }); return p; };
const settled = async () => { for (let i = 0; i < 50; i++) await Promise.resolve(); };

let requests, connections, answer, now, timers, heard;
const elapse = async (ms) => {
  now += ms;
  const due = timers.filter((t) => t.at <= now);
  timers = timers.filter((t) => t.at > now);
  for (const t of due) t.run();
  await settled();
};

class Connection extends EventTarget {
  connectionState = "new";
  constructor() { super(); connections.push(this); }
  async setLocalDescription() { this.localDescription = { sdp: "offer" }; }
  async setRemoteDescription() { this.become("connected"); }
  become(state) { this.connectionState = state; this.dispatchEvent(new Event("connectionstatechange")); }
  close() { this.connectionState = "closed"; }
}

const reply = (status, fields = {}) => ({ status, statusText: String(status), headers: new Headers(fields), text: async () => "answer", json: async () => ({ detail: "taken" }) });

beforeEach(() => {
  mock.restoreAll();
  requests = [];
  connections = [];
  now = 0;
  timers = [];
  heard = {};
  mock.method(performance, "now", () => now);
  mock.method(globalThis, "setTimeout", (run, ms) => { timers.push({ at: now + ms, run }); });
  answer = async (method) => (method === "POST" ? reply(201, { Location: "/whip/1", ETag: '"e"' }) : reply(200));
  mock.method(globalThis, "fetch", (url, { method }) => { requests.push(`${method} ${url}`); return answer(method); });
  globalThis.RTCPeerConnection = Connection;
  globalThis.addEventListener = (what, run) => { heard[what] = run; };
});

test("one that is stopped before it has connected connects no more", async () => {
  for (const held of ["OPTIONS", "POST"]) {
    requests = []; connections = [];
    const gate = later();
    const usual = answer;
    answer = async (method) => { if (method === held) await gate.promise; return usual(method); };
    const words = [];
    const peer = new Peer("/whip", () => {}, (word) => words.push(word));
    await settled();
    peer.stop();
    gate.ok();
    await settled();
    assert.deepEqual(words, ["connecting"], held);
    assert.ok(connections.every((c) => c.connectionState === "closed"), held);
    assert.equal(requests.includes("DELETE /whip/1"), held === "POST", `what the server has opened is closed: ${requests}`);
    answer = usual;
  }
});

test("409 after a loss is our own shadow for a while; before, it is somebody else", async () => {
  const words = [];
  const peer = new Peer("/whip", () => {}, (word) => words.push(word));
  await settled();
  const usual = answer;
  answer = async (method) => (method === "POST" ? reply(409) : reply(200));
  connections[0].become("failed");
  await settled();
  for (const wait of [500, 1000, 2000, 4000]) await elapse(wait);
  assert.ok(!words.includes("refused"), `refused at ${now} ms: ${words}`);
  answer = usual;
  await elapse(8000);
  assert.equal(words.at(-1), "live");
  peer.stop();

  answer = async (method) => (method === "POST" ? reply(409) : reply(200));
  const others = [];
  const late = new Peer("/whip", () => {}, (word) => others.push(word));
  await settled();
  assert.deepEqual(others, ["connecting", "refused"]);
  late.stop();
});

test("a page that comes back from the browser's cache begins anew", async () => {
  let reloads = 0;
  globalThis.location = { reload() { reloads++; } };
  const peer = new Peer("/whep", () => {}, () => {});
  await settled();
  heard.pagehide();
  assert.equal(connections[0].connectionState, "closed");
  heard.pageshow({ persisted: false });
  heard.pageshow({ persisted: true });
  assert.equal(reloads, 1);
  peer.stop();
});

function camera() {
  const asked = [];
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { mediaDevices: { getUserMedia() { const p = later(); asked.push(p); return p.promise; } } } });
  return asked;
}

const stream = () => {
  const track = Object.assign(new EventTarget(), { stopped: false, stop() { this.stopped = true; } });
  return { track, getVideoTracks: () => [track] };
};

test("a camera that is asked for twice is lent once, and taken back", async () => {
  const asked = camera();
  const published = [];
  const shown = [];
  const lend = lender((track, state) => { const p = { track, state, stopped: false, stop() { this.stopped = true; } }; published.push(p); return p; }, () => {}, (s) => shown.push(s));
  lend.toggle();
  lend.toggle(); // while the browser asks
  lend.toggle();
  assert.equal(asked.length, 2);
  const [first, second] = [stream(), stream()];
  asked[1].ok(second);
  await settled();
  asked[0].ok(first); // allowed too late
  await settled();
  assert.equal(first.track.stopped, true, "what nobody wants any more is given back");
  assert.deepEqual(published.map((p) => p.track), [second.track]);
  lend.toggle();
  assert.ok(second.track.stopped && published[0].stopped);
  lend.toggle();
  const third = stream();
  asked[2].ok(third);
  await settled();
  published[0].state("refused", "late news");
  second.track.dispatchEvent(new Event("ended"));
  assert.equal(third.track.stopped, false, "the end of one is not the next one's");
  assert.deepEqual(shown, [true, false, true, false, true]);
});

test("blank works before the first state has come, its key where keys are in use", () => {
  const listeners = {}, elements = {}, kept = {};
  const element = (id) => elements[id] ??= { addEventListener: (what, run) => { listeners[`${id} ${what}`] = run; }, querySelectorAll: () => [], matches: () => false };
  globalThis.document = { getElementById: element, querySelector: () => null };
  globalThis.localStorage = { getItem: (name) => kept[name] ?? null, setItem: (name, value) => { kept[name] = value; } };
  const changes = [];
  controls.start((c) => changes.push(c));
  controls.keys((c) => changes.push(c), () => {}, memory);
  listeners["blank click"]();
  const press = (key) => heard.keydown({ key, target: element(), preventDefault() {} });
  press("b");
  press("m"); // which depends on what is shown
  assert.deepEqual(changes, [{ blank: true }, { blank: true }]);

  element("keys").checked = false;
  listeners["keys change"]();
  press("b");
  assert.equal(changes.length, 2, "keys that are switched off do nothing");
  controls.keys((c) => changes.push(c), () => {}, memory);
  assert.equal(element("keys").checked, false, "and stay off");
  globalThis.localStorage = { getItem() { throw new Error("site data is blocked"); } };
  controls.keys((c) => changes.push(c), () => {}, memory);
  press("b");
  assert.equal(changes.length, 3, "where nothing is remembered they are in use");
});
