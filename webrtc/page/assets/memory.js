// What this browser remembers, where it may: with site data switched off, asking alone throws.
export function recall(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

export function remember(name, value) {
  try { localStorage.setItem(name, value); } catch { /* until the page is left, then */ }
}
