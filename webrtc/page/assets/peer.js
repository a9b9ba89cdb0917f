// WHEP and WHIP, as a browser speaks them: post the offer, take the answer,
// trickle candidates by PATCH, DELETE at the end; and begin anew when it breaks.

// Peer keeps one connection alive until stop.
export class Peer {
  #url; #prepare; #state; #stopped = false; #pc; #session; #wake;
  #lost; // since when what was live is gone; a time of performance.now

  // prepare(pc) adds what is sent or wanted; state(word, detail) hears
  // "connecting", "live", "lost" and "refused".
  constructor(url, prepare, state) {
    this.#url = url;
    this.#prepare = prepare;
    this.#state = state;
    addEventListener("pagehide", () => this.#hangUp());
    addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); }); // hung up, and back from the browser's cache
    this.#run();
  }

  get connection() { return this.#pc; }

  stop() {
    this.#stopped = true;
    this.#hangUp();
    this.#wake?.();
  }

  async #run() {
    for (let wait = 500; !this.#stopped; wait = Math.min(2 * wait, 8000)) {
      this.#state("connecting");
      try {
        const [lost] = await this.#connect();
        wait = 500;
        this.#lost = undefined;
        this.#state("live");
        await lost;
        this.#lost = performance.now();
        if (!this.#stopped) this.#state("lost");
      } catch (e) {
        if (!this.#stopped) this.#state(e.refused && !this.#inOwnWay(e) ? "refused" : "lost", e.message);
      }
      this.#hangUp();
      if (this.#stopped) return;
      await new Promise((done) => { this.#wake = done; setTimeout(done, wait); });
    }
  }

  // inOwnWay tells whether it may be our own lost connection that has the place:
  // the server lets go of it after 12 s.
  #inOwnWay(refusal) {
    return refusal.status === 409 && this.#lost !== undefined && performance.now() - this.#lost < 20000;
  }

  // over ends a connect that stop has overtaken; run hangs up.
  #over() {
    if (this.#stopped) throw new Error("stopped");
  }

  // connect returns, once connected, a promise of the connection's loss. In a list:
  // a bare promise would be awaited with it.
  async #connect() {
    const ice = await fetch(this.#url, { method: "OPTIONS" });
    this.#over();
    const pc = this.#pc = new RTCPeerConnection({ iceServers: iceServers(ice.headers.get("Link")) });
    this.#prepare(pc);
    const candidates = [];
    pc.onicecandidate = ({ candidate }) => { if (candidate) { candidates.push(candidate); this.#trickle(candidates); } };
    const lost = new Promise((done) => {
      let grace;
      pc.addEventListener("connectionstatechange", () => {
        clearTimeout(grace);
        if (["failed", "closed"].includes(pc.connectionState)) done();
        if (pc.connectionState === "disconnected") grace = setTimeout(done, 3000);
      });
    });
    await pc.setLocalDescription();
    this.#over();
    const res = await fetch(this.#url, { method: "POST", headers: { "Content-Type": "application/sdp" }, body: pc.localDescription.sdp });
    if (res.status !== 201) throw await refusal(res);
    this.#session = { url: res.headers.get("Location"), etag: res.headers.get("ETag") };
    this.#over();
    const answer = await res.text();
    this.#over();
    await pc.setRemoteDescription({ type: "answer", sdp: answer });
    this.#over();
    this.#trickle(candidates);
    const connected = new Promise((done) => {
      const check = () => { if (pc.connectionState === "connected") done(); };
      pc.addEventListener("connectionstatechange", check);
      check();
    });
    const late = new Promise((_, fail) => setTimeout(() => fail(new Error("no connection within 15 s")), 15000));
    await Promise.race([connected, late, lost.then(() => { throw new Error("no way through the network"); })]);
    this.#over();
    return [lost];
  }

  #trickle(candidates) {
    if (!this.#session || !candidates.length) return;
    const lines = candidates.splice(0).map((c) => `a=mid:${c.sdpMid}\r\na=${c.candidate}\r\n`).join("");
    fetch(this.#session.url, {
      method: "PATCH", headers: { "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": this.#session.etag }, body: lines,
    }).catch(() => {}); // the server finds us by our checks as well
  }

  #hangUp() {
    this.#pc?.close();
    if (this.#session) fetch(this.#session.url, { method: "DELETE", keepalive: true }).catch(() => {});
    this.#pc = this.#session = undefined;
  }
}

async function refusal(res) {
  const problem = await res.json().catch(() => ({}));
  return Object.assign(new Error(problem.detail ?? res.statusText), { status: res.status, refused: res.status < 500 });
}

// iceServers reads Link headers: <turn:host>; rel="ice-server"; username="…"; credential="…"
export function iceServers(link) {
  return (link ?? "").split(/,\s*(?=<)/).filter((l) => l.includes("ice-server")).map((l) => ({
    urls: l.match(/<([^>]+)>/)[1],
    username: l.match(/username="([^"]*)"/)?.[1],
    credential: l.match(/credential="([^"]*)"/)?.[1],
  }));
}

// watch shows the stream in a video element.
export function watch(video, state) {
  return new Peer("/whep", (pc) => {
    pc.addTransceiver("video", { direction: "recvonly" });
    pc.ontrack = ({ track }) => { video.srcObject = new MediaStream([track]); video.play().catch(() => {}); };
  }, state);
}

// publish lends a camera's track to stylecam.
export function publish(track, state) {
  return new Peer("/whip", (pc) => {
    const sender = pc.addTransceiver(track, { direction: "sendonly", sendEncodings: [{ maxBitrate: 2_500_000 }] }).sender;
    const parameters = sender.getParameters();
    parameters.degradationPreference = "maintain-resolution"; // another size would start the painter anew
    sender.setParameters(parameters).catch(() => {});
  }, state);
}
