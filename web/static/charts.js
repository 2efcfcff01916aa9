// Draws the chart of a table: <table data-chart="bar">. The table is the truth and
// stays below, for readers who cannot see the drawing and for paper.
//   data-chart   bar, hbar, line, stack or hstack; the first column names, each
//                further column is a series
//   data-unit    money or plain; cells may hold their raw value in data-value
//   data-size    small or tall
(function () {
  "use strict";
  const english = document.documentElement.lang === "en";
  const style = () => getComputedStyle(document.documentElement);
  const color = (name) => style().getPropertyValue(name).trim();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = [];

  function read(table) {
    const heads = [...table.querySelectorAll("thead th")].map((c) => c.textContent.trim());
    const rows = [...table.querySelectorAll("tbody tr")].map((r) => [...r.cells]);
    const value = (cell) => {
      const data = cell.querySelector("data");
      const raw =
        cell.dataset.value ?? (data && data.value) ?? cell.textContent.replace(/[^0-9.−-]/g, "").replace("−", "-");
      return raw === "" ? null : Number(raw);
    };
    return {
      names: rows.map((r) => r[0].textContent.trim()),
      series: heads.slice(1).map((name, i) => ({ name, values: rows.map((r) => (r[i + 1] ? value(r[i + 1]) : null)) })),
    };
  }
  function short(n) {
    const size = Math.abs(n);
    const cut = (v) => String(Math.round(v * 10) / 10);
    if (english) return size >= 1e6 ? cut(n / 1e6) + "m" : size >= 1e4 ? cut(n / 1e3) + "k" : n.toLocaleString("en");
    return size >= 1e8 ? cut(n / 1e8) + "亿" : size >= 1e4 ? cut(n / 1e4) + "万" : n.toLocaleString("en");
  }
  function option(table, data) {
    const kind = table.dataset.chart;
    const money = table.dataset.unit === "money";
    const flat = kind.startsWith("h");
    const stacked = kind.endsWith("stack");
    const axisText = (v) => (money ? "¥" + short(v / 100) : short(v));
    const fullText = (v) =>
      v == null
        ? "–"
        : money
          ? (v < 0 ? "−¥" : "¥") + (Math.abs(v) / 100).toLocaleString("en", { minimumFractionDigits: 2 })
          : v.toLocaleString("en");
    const palette = ["--gold", "--brand", "--leaf", "--brick", "--edge"].map(color);
    const names = {
      type: "category",
      data: data.names,
      inverse: flat,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: color("--line") } },
      axisLabel: { color: color("--ink-2"), fontFamily: style().fontFamily, hideOverlap: true },
    };
    const values = {
      type: "value",
      splitLine: { lineStyle: { color: color("--line") } },
      axisLabel: { color: color("--ink-2"), formatter: axisText },
    };
    return {
      animation: false,
      color: palette,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      aria: { enabled: true, decal: { show: data.series.length > 1 && kind !== "line" } },
      grid: {
        left: 8,
        right: 16,
        top: data.series.length > 1 ? 40 : 16,
        bottom: 8,
        outerBoundsMode: "same",
        outerBoundsContain: "axisLabel",
      },
      legend: data.series.length > 1 ? { top: 0, left: 0, textStyle: { color: color("--ink") } } : undefined,
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        confine: true,
        backgroundColor: color("--card"),
        borderColor: color("--line"),
        textStyle: { color: color("--ink") },
        valueFormatter: fullText,
        axisPointer: { type: kind === "line" ? "line" : "shadow" },
      },
      xAxis: flat ? values : names,
      yAxis: flat ? names : values,
      series: data.series.map((s, i) => ({
        name: s.name,
        data: s.values,
        type: kind === "line" ? "line" : "bar",
        stack: stacked ? "all" : undefined,
        barMaxWidth: 40,
        symbolSize: 7,
        symbol: ["circle", "rect", "triangle", "diamond"][i % 4],
        lineStyle: { width: 2.5, type: ["solid", "dashed", "dotted"][i % 3] },
        itemStyle: kind === "line" || stacked ? undefined : { borderRadius: flat ? [0, 4, 4, 0] : [4, 4, 0, 0] },
      })),
    };
  }
  function draw(table) {
    const holder = table.closest(".chart") || table.parentElement;
    const plot = document.createElement("div");
    plot.className = "chart-plot" + (table.dataset.size ? " chart-plot-" + table.dataset.size : "");
    plot.setAttribute("role", "img");
    holder.insertBefore(plot, holder.querySelector("details, .table-wrap"));
    const chart = echarts.init(plot, null, { renderer: "svg" });
    chart.setOption(option(table, read(table)));
    const title = holder.querySelector("figcaption");
    plot.setAttribute(
      "aria-label",
      (title ? title.innerText.trim() + " " : "") +
        (english ? "The table below holds the same figures." : "下面的表格列出同样的数据。"),
    );
    drawn.push({ table, chart, plot });
    new ResizeObserver(() => chart.resize()).observe(plot);
  }
  if (!window.echarts) return;
  document.querySelectorAll("table[data-chart]").forEach(draw);
  const again = () => drawn.forEach((d) => d.chart.setOption(option(d.table, read(d.table)), { notMerge: true }));
  dark.addEventListener("change", again);
  addEventListener("beforeprint", () => {
    drawn.forEach((d) => d.chart.resize({ width: 640 }));
  });
  addEventListener("afterprint", () => {
    drawn.forEach((d) => d.chart.resize({ width: "auto" }));
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    event.target.querySelectorAll("table[data-chart]").forEach((t) => {
      if (!drawn.some((d) => d.table === t)) draw(t);
    });
  });
})();
