// This browser's camera, lent and taken back by one button.

const wish = { video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 }, facingMode: "user" } };

// lender's toggle lends the camera by publish, or takes it back. say hears why it
// was not lent; show, whether it is. A loan is marked before anything is waited
// for, and what comes of one that is over touches the next one in no way.
export function lender(publish, say, show) {
  let loan;

  function end(own) {
    own.peer?.stop();
    own.track?.stop();
    if (own !== loan) return;
    loan = undefined;
    show(false);
  }

  async function begin() {
    if (!navigator.mediaDevices) return say("Browsers lend their camera to localhost and to HTTPS alone: start stylecam with --webrtc-tls.");
    const own = loan = {};
    show(true);
    try {
      [own.track] = (await navigator.mediaDevices.getUserMedia(wish)).getVideoTracks();
    } catch (e) {
      if (own === loan) say(e.name === "NotAllowedError" ? "The browser was told not to lend its camera; allow it beside the address." : e);
      return end(own);
    }
    if (own !== loan) return end(own); // taken back while the browser asked
    own.track.addEventListener("ended", () => end(own));
    own.peer = publish(own.track, (state, detail) => {
      if (state !== "refused" || own !== loan) return;
      say(detail);
      end(own);
    });
  }

  return { toggle: () => (loan ? end(loan) : begin()) };
}
