// Where nothing but a TURN server gets through, coturn (Debian's, as
// scripts/setup.sh unpacks it) carries it.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "./chromium.mjs";
import { browser, open, received, stylecam, until } from "./rig.mjs";

const unpacked = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "stylecam/coturn/usr/bin/turnserver");
let turn, cam, chromium;

before(async () => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  turn = spawn(existsSync(unpacked) ? unpacked : "turnserver", ["-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file", "stdout", "--pidfile", "",
    "--listening-ip", "127.0.0.1", "--listening-port", port, "--relay-ip", "127.0.0.1", "--allow-loopback-peers",
    "--lt-cred-mech", "--realm", "stylecam", "--user", "me:s3cret"], { stdio: "ignore" });
  cam = await stylecam("--input", "demo", "--size", "320x240", "--quality", "fast", "--fps", "10", "--out", "webrtc", "--webrtc-address", "127.0.0.1:0", "--webrtc-ice", `turn:me:s3cret@127.0.0.1:${port}`);
  chromium = await browser();
});

after(async () => {
  await chromium?.close();
  await cam?.stop();
  turn?.kill();
});

test("a viewer behind a TURN server sees the picture", async () => {
  const relayAlone = (page) => page.addInitScript(() => {
    const Before = RTCPeerConnection; // the page learns of the TURN server by itself
    globalThis.RTCPeerConnection = class extends Before { constructor(c) { super({ ...c, iceTransportPolicy: "relay" }); } };
  });
  const page = await open(chromium, cam.url, { prepare: relayAlone });
  await until("thirty pictures come, by a relay", async () => {
    const got = await received(page);
    return got.frames >= 30 && got.relayed > 0;
  });
});
