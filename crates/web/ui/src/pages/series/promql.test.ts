import { describe, expect, it } from "vitest";
import { type Family, found, labelText, queries, scrapeConfig, splitBy } from "./promql";

function family(name: string, type: string, ...labels: string[]): Family {
  const one = Object.fromEntries(labels.map((l) => [l, "x"]));
  return { name, type, help: `Help of ${name}.`, series: 1, samples: [{ labels: one, value: 1 }] };
}

describe("queries", () => {
  const cases: Array<[string, Family, string[]]> = [
    [
      "a counter is a rate, split by what people ask for first",
      family("media_plays_total", "counter", "decision", "server"),
      [
        "sum by (server, decision) (rate(media_plays_total[5m]))",
        "sum by (server, decision) (increase(media_plays_total[1d]))",
      ],
    ],
    [
      "bytes are shown as Mbit/s",
      family("media_transmit_bytes_total", "counter", "server"),
      [
        "sum by (server) (rate(media_transmit_bytes_total[5m])) * 8e-6",
        "sum by (server) (increase(media_transmit_bytes_total[1d]))",
      ],
    ],
    [
      "nothing to split by",
      family("process_cpu_seconds_total", "counter"),
      ["sum (rate(process_cpu_seconds_total[5m]))", "sum (increase(process_cpu_seconds_total[1d]))"],
    ],
    [
      "a gauge is the highest and the average",
      family("media_server_host_cpu_ratio", "gauge", "server"),
      [
        "max by (server) (media_server_host_cpu_ratio)",
        "avg by (server) (avg_over_time(media_server_host_cpu_ratio[1h]))",
      ],
    ],
    [
      "parts of a number are added up",
      family("media_sessions", "gauge", "server", "state", "decision"),
      ["sum by (server, state) (media_sessions)", "max_over_time(sum(media_sessions)[1d:1m])"],
    ],
    [
      "ratios never are",
      family("media_session_transcode_speed_ratio", "gauge", "server", "session"),
      [
        "max by (server) (media_session_transcode_speed_ratio)",
        "avg by (server) (avg_over_time(media_session_transcode_speed_ratio[1h]))",
      ],
    ],
    [
      "a moment is an age",
      family("projectionist_source_last_success_timestamp_seconds", "gauge", "source"),
      ["time() - max by (source) (projectionist_source_last_success_timestamp_seconds)"],
    ],
    [
      "an expiry is what is left",
      family("media_provider_expiry_timestamp_seconds", "gauge", "server", "profile"),
      ["min by (server, profile) (media_provider_expiry_timestamp_seconds) - time()"],
    ],
    [
      "yes or no is what fails, and the share",
      family("media_server_up", "gauge", "server"),
      ["media_server_up == 0", "avg by (server) (avg_over_time(media_server_up[1d]))"],
    ],
    [
      "a bit rate",
      family("media_stream_bytes_per_second", "gauge", "server"),
      [
        "sum by (server) (media_stream_bytes_per_second) * 8e-6",
        "max_over_time(sum(media_stream_bytes_per_second)[1d:1m]) * 8e-6",
      ],
    ],
    [
      "info is a group",
      family("media_server_info", "info", "server", "kind", "version"),
      ["group by (version) (media_server_info)", "count by (version) (media_server_info)"],
    ],
    [
      "info of exporters that call it a gauge",
      family("media_session_info", "gauge", "session", "user", "title"),
      ["group by (user, title) (media_session_info)", "count by (user) (media_session_info)"],
    ],
    [
      "a histogram has quantiles",
      family("http_request_duration_seconds", "histogram", "le", "server"),
      [
        "histogram_quantile(0.95, sum by (le, server) (rate(http_request_duration_seconds_bucket[5m])))",
        "sum by (server) (rate(http_request_duration_seconds_sum[5m])) / " +
          "sum by (server) (rate(http_request_duration_seconds_count[5m]))",
      ],
    ],
    [
      "a summary has them already",
      family("rpc_seconds", "summary", "quantile"),
      [
        "sum (rate(rpc_seconds_sum[5m])) / sum (rate(rpc_seconds_count[5m]))",
        "max by (quantile) (rpc_seconds)",
      ],
    ],
  ];
  for (const [name, given, wanted] of cases)
    it(name, () => expect(queries(given).map((q) => q.promql)).toEqual(wanted));

  it("never splits by what names one thing for a short time", () => {
    expect(splitBy(family("x", "gauge", "session", "server", "library", "user"))).toEqual([
      "server",
      "library",
    ]);
    expect(splitBy(family("x", "gauge", "session"))).toEqual([]);
  });
});

describe("found", () => {
  const all = [family("media_plays_total", "counter", "server"), family("media_sessions", "gauge", "state")];
  it("needs every word, in name, help or label", () => {
    expect(found(all, "MEDIA plays").map((f) => f.name)).toEqual(["media_plays_total"]);
    expect(found(all, "state").map((f) => f.name)).toEqual(["media_sessions"]);
    expect(found(all, "plays state")).toEqual([]);
    expect(found(all, "", "gauge").map((f) => f.name)).toEqual(["media_sessions"]);
  });
});

it("labels are written as Prometheus does", () => {
  expect(labelText({ server: "house", title: 'The "best"' })).toBe('server="house", title="The \\"best\\""');
});

describe("scrapeConfig", () => {
  const lines = (text: string) => text.split("\n").map((l) => l.trim());
  it("is short where nothing is unusual", () => {
    const text = scrapeConfig("http://nas:9595/", "native", true);
    expect(lines(text)).toContain('- targets: ["nas:9595"]');
    expect(text).not.toContain("metrics_path");
    expect(text).not.toContain("scheme");
  });
  it("knows proxies, paths and profiles", () => {
    const text = scrapeConfig("https://media.example/watch/", "cplieger", false);
    expect(lines(text)).toContain("scheme: https");
    expect(lines(text)).toContain("metrics_path: /watch/metrics/cplieger");
    expect(lines(text)).toContain('- targets: ["media.example:443"]');
    expect(lines(scrapeConfig("http://nas/m/", "native", true))).toContain("metrics_path: /m/metrics");
  });
});
