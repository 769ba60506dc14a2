// Numbers as people read them. Of nothing (null, NaN): a dash.

const none = "–";
const known = (value) => typeof value === "number" && Number.isFinite(value);

function digits(value, least, most) {
  return value.toLocaleString("en-US", { minimumFractionDigits: least, maximumFractionDigits: most });
}

/** Three digits that mean something: 0.123, 1.23, 12.3, 123. */
function threeDigits(value) {
  const size = Math.abs(value);
  return digits(value, 0, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** 1,234; from a million on 1.23 M, 12.0 B. */
export function count(value) {
  if (!known(value)) return none;
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)} B`;
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  return digits(value, 0, 0);
}

export function perSecond(value, unit = "req") {
  if (!known(value)) return none;
  return `${value > 0 && value < 0.01 ? "< 0.01" : digits(value, 0, value >= 10 ? 0 : value >= 1 ? 1 : 2)} ${unit}/s`;
}

/** Of a share between 0 and 1. */
export function percent(share) {
  if (!known(share)) return none;
  const value = share * 100;
  if (value > 0 && value < 0.1) return "< 0.1 %";
  return `${digits(value, 0, value >= 10 ? 0 : 1)} %`;
}

/** Seconds, or a quantile as metrics.mjs gives it. */
export function duration(of) {
  const seconds = of?.value ?? of;
  if (!known(seconds)) return none;
  const over = of?.beyond ? "over " : "";
  if (seconds >= 90) return `${over}${threeDigits(seconds / 60)} min`;
  if (seconds >= 1) return `${over}${threeDigits(seconds)} s`;
  if (seconds >= 0.001) return `${over}${threeDigits(seconds * 1e3)} ms`;
  return seconds > 0 ? `${over}${digits(seconds * 1e6, 0, 0)} µs` : "0 ms";
}

/** 12 s, 5 min, 3 h 20 min, 4 d 2 h. */
export function age(seconds) {
  if (!known(seconds)) return none;
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

export function bytes(value) {
  if (!known(value)) return none;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${threeDigits(value)} ${units[unit]}`;
}

/** Cents, or two digits that mean something of less than one. */
export function dollars(value) {
  if (!known(value)) return none;
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  if (size > 0 && size < 0.000001) return `${sign}< $0.000001`;
  if (size > 0 && size < 0.01) return `${sign}$${size.toLocaleString("en-US", { maximumSignificantDigits: 2, maximumFractionDigits: 8 })}`;
  return `${sign}$${digits(size, 2, 2)}`;
}

/** Unix seconds, or a date as text, as the reader's clock shows it: 14:03:22. */
export function clock(time) {
  const date = new Date(typeof time === "number" ? time * 1000 : time);
  return Number.isNaN(date.getTime()) ? none : date.toLocaleTimeString("en-GB");
}
