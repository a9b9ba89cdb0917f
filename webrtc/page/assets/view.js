import { watch } from "./peer.js";

watch(document.getElementById("video"), () => {});
