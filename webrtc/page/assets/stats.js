// Live statistics: the server's, and what this browser sees of them.
const $ = (id) => document.getElementById(id);
const order = ["mask", "refine", "paint", "compose"];

export function render(stats) {
  const age = stats.sinks.webrtc?.age ?? Object.values(stats.sinks)[0]?.age;
  $("s-fps").textContent = stats.fps.toFixed(1);
  $("s-age").textContent = age ? Math.round(age.p50) : "–";
  $("s-rate").textContent = (stats.stream.kbps / 1000).toFixed(2);
  $("s-viewers").textContent = stats.stream.viewers;
  const stages = order.filter((s) => stats.stages[s]?.p50 >= 0.05).map((s) => [s, stats.stages[s].p50]); // what did nothing is left out
  if (stats.stream.encode_ms) stages.push(["encode", stats.stream.encode_ms]);
  const longest = Math.max(33, ...stages.map(([, ms]) => ms));
  $("s-stages").replaceChildren(...stages.map(([name, ms]) => {
    const row = document.createElement("li"), bar = document.createElement("span"), fill = document.createElement("i");
    bar.className = "bar";
    fill.style.width = `${100 * ms / longest}%`;
    bar.append(fill);
    const value = Object.assign(document.createElement("span"), { className: "ms", textContent: `${ms.toFixed(ms < 100 ? 1 : 0)} ms` });
    row.append(name, value, bar);
    return row;
  }));
  const dropped = stats.drops + Object.values(stats.sinks).reduce((sum, s) => sum + s.drops, 0);
  $("s-small").dataset.server = `${stats.frames} pictures, ${dropped} dropped`;
}

// clear forgets figures that nobody renews.
export function clear() {
  for (const id of ["s-fps", "s-age", "s-rate", "s-viewers"]) $(id).textContent = "–";
}

// watch reads what the browser received, every second.
export function watch(peer) {
  setInterval(async () => {
    const reports = await peer.connection?.getStats().catch(() => undefined);
    let here = "";
    for (const r of reports?.values() ?? []) {
      if (r.type !== "inbound-rtp" || r.kind !== "video") continue;
      const buffer = r.jitterBufferEmittedCount ? 1000 * r.jitterBufferDelay / r.jitterBufferEmittedCount : 0;
      here = `here: ${r.framesPerSecond ?? 0} fps, buffer ${buffer.toFixed(0)} ms, ${r.freezeCount ?? 0} freezes, ${r.packetsLost ?? 0} packets lost`;
    }
    $("s-small").textContent = [$("s-small").dataset.server, here].filter(Boolean).join(" · ");
  }, 1000);
}
