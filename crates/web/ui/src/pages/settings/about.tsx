import type { Metrics } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { href } from "../../app/router";
import { Icon, Mark } from "../../ui/icon";
import { Card } from "../../ui/parts";

export function About() {
  const { data } = useGet<Metrics>("api/v1/metrics", { profile: "native" });
  const build = data?.families.find((f) => f.name === "projectionist_build_info")?.samples[0];
  return (
    <Card title="About">
      <div class="row settings-about">
        <Mark />
        <div class="grow">
          <p>
            <b>Projectionist</b> {build?.labels.version ?? ""}
          </p>
          <p class="soft small">
            Free software, under the MIT licence or the Apache License 2.0, whichever you prefer. It sends
            nothing to anybody but the servers you name.
          </p>
        </div>
      </div>
      <div class="row wrap settings-links">
        <a class="button" href={href("/series")}>
          <Icon name="gauge" /> Metrics for Prometheus
        </a>
        <a class="button" href={href("/api/v1/openapi.json")} data-outside="">
          <Icon name="outside" /> The interface, as OpenAPI
        </a>
        <a class="button" href={href("/overview")} data-outside="">
          <Icon name="outside" /> A page without scripts
        </a>
      </div>
      <p class="soft small">
        Every key of the configuration, every metric and guides for those who come from other programs are in
        the folder docs that comes with the program; <span class="mono">projectionist docs</span> prints the
        reference.
      </p>
    </Card>
  );
}
