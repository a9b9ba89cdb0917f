// The control API.

async function call(method, path, body, type) {
  const res = await fetch(path, { method, body, headers: type ? { "Content-Type": type } : {} });
  if (!res.ok) throw new Error((await res.json().catch(() => ({}))).detail ?? res.statusText);
  return res.headers.get("Content-Type")?.startsWith("application/json") ? res.json() : undefined;
}

export const styles = () => call("GET", "/api/styles");
export const addStyle = (name, file) => call("POST", `/api/styles?name=${encodeURIComponent(name)}`, file, file.type);
export const removeStyle = (name) => call("DELETE", `/api/styles/${encodeURIComponent(name)}`);
export const preview = (name) => `/api/styles/${encodeURIComponent(name)}/preview`;

// change sends settings, one request at a time: what comes meanwhile goes along
// with the next, so that a slider dragged about never queues. What is in force in
// the end goes to done.
let waiting, sending = false;
export async function change(settings, done, failed) {
  waiting = { ...waiting, ...settings };
  if (sending) return;
  sending = true;
  let state;
  while (waiting) {
    const now = JSON.stringify(waiting);
    waiting = undefined;
    state = await call("PATCH", "/api/state", now, "application/json").catch((e) => { failed(e); return call("GET", "/api/state"); }).catch(failed);
  }
  sending = false;
  if (state) done(state);
}

// follow hears of every change of settings, and of statistics; for ever: a browser
// by itself gives up on a server that answers with an error.
export function follow(heard) {
  const events = new EventSource("/api/stats");
  events.addEventListener("state", (e) => { if (!sending) heard.state(JSON.parse(e.data)); }); // else it is old already
  events.addEventListener("stats", (e) => heard.stats(JSON.parse(e.data)));
  events.onerror = () => {
    heard.lost();
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 3000, heard);
  };
}
