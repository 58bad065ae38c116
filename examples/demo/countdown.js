// Counts the times in the panel down. Everything else works without JavaScript.
const loaded = performance.now();
const timers = document.querySelectorAll("[data-seconds]");

function tick() {
  const passed = Math.floor((performance.now() - loaded) / 1000);
  for (const timer of timers) {
    const left = Math.max(0, Number(timer.dataset.seconds) - passed);
    timer.textContent = left === 0 ? timer.dataset.over : duration(left);
    timer.classList.toggle("over", left === 0);
  }
}

function duration(seconds) {
  if (seconds >= 172_800) return plural(Math.round(seconds / 86_400), "day");
  if (seconds >= 7200) return plural(Math.round(seconds / 3600), "hour");
  if (seconds >= 600) return plural(Math.round(seconds / 60), "minute");
  return plural(seconds, "second");
}

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

tick();
setInterval(tick, 1000);
