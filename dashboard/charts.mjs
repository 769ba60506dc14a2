// Line charts of the last ten minutes, by Chart.js. Each canvas says in words what it shows now.

const span = 600; // seconds
const dashes = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

function ago(seconds) {
  return seconds === 0 ? "now" : `${Math.round(-seconds / 60)} min`;
}

function isPowerOfTen(value) {
  const power = Math.log10(value);
  return Math.abs(power - Math.round(power)) < 1e-9;
}

export class LineChart {
  #chart;
  #canvas;
  #series;

  /**
   * series: [{ name, colour: 1 to 5, dashed, value: point → number or null, fill }]; `write` makes a text of a value;
   * the scale goes to `least` or above.
   * Without Chart.js (it did not load) there is no picture, and the words and tables stay.
   */
  constructor(canvas, { series, write, logarithmic = false, least = 1 }) {
    this.#canvas = canvas;
    this.#series = series;
    if (!globalThis.Chart) return;
    this.#chart = new Chart(canvas, {
      type: "line",
      data: { datasets: series.map(({ name, dashed, fill, colour }, at) => ({
        label: name, data: [], borderWidth: dashed ? 1.5 : 2, pointRadius: 0, pointHitRadius: 12, spanGaps: false,
        borderDash: dashed === true ? [4, 4] : dashed === undefined ? dashes[colour - 1] : [], fill: fill ? "origin" : false, order: at,
      })) },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, parsing: false, normalized: true,
        interaction: { mode: "index", intersect: false, axis: "x" },
        scales: {
          x: { type: "linear", min: -span, max: 0, grid: { display: false }, ticks: { stepSize: 120, maxRotation: 0, callback: ago } },
          y: logarithmic
            ? { type: "logarithmic", suggestedMin: 0.001, suggestedMax: least, ticks: { callback: (value) => (isPowerOfTen(value) ? write(value) : null) } }
            : { beginAtZero: true, suggestedMax: least, ticks: { maxTicksLimit: 5, callback: (value) => write(value) } },
        },
        plugins: {
          legend: { display: false },
          tooltip: { callbacks: {
            title: ([item]) => (item ? `${Math.round(-item.parsed.x)} s ago` : ""),
            label: ({ dataset, parsed }) => `${dataset.label}: ${write(parsed.y)}`,
          } },
        },
      },
    });
    this.paint();
  }

  /** Takes the colours of the page anew: it turned dark or light. */
  paint() {
    if (!this.#chart) return;
    const colour = colours();
    this.#series.forEach((of, at) => {
      const dataset = this.#chart.data.datasets[at];
      dataset.borderColor = colour(`series-${of.colour}`);
      dataset.backgroundColor = `${colour(`series-${of.colour}`)}22`;
    });
    for (const axis of Object.values(this.#chart.options.scales)) {
      axis.ticks.color = colour("muted");
      axis.grid.color = colour("line");
      axis.grid.borderColor = colour("line");
    }
    this.#chart.update("none");
  }

  /** points as History has them, `now` in the daemon's seconds, `words` for those who do not see it. */
  show(points, now, words) {
    if (this.#canvas.getAttribute("aria-label") !== words) this.#canvas.setAttribute("aria-label", words);
    if (!this.#chart) return;
    this.#series.forEach(({ value }, at) => {
      this.#chart.data.datasets[at].data = points.map((point) => ({ x: point.time - now, y: (point.seconds && value(point)) ?? NaN }));
    });
    this.#chart.update("none");
  }
}
