// Takes the page's pictures for README.md into the folder that is named: see
// scripts/pictures.sh.
import { join } from "node:path";
import { browser, looks, open, stylecam, there } from "./rig.mjs";

const cam = await stylecam("--input", "demo", "--fps", "30", "--out", "webrtc", "--webrtc-address", "127.0.0.1:0");
const chromium = await browser();
try {
  for (const name of ["desktop-dark", "phone-light"]) {
    const page = await open(chromium, cam.url, looks[name]);
    await there(page);
    await page.screenshot({ path: join(process.argv[2], `${name}.png`) });
    await page.context().close();
  }
} finally {
  await chromium.close();
  await cam.stop();
}
