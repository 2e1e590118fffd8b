import { FilterBar } from "../../ui/filter/filter-bar";
import { Head, Card } from "../../ui/parts";
import { RecentPlays } from "./recent";

export default function Page() {
  return (
    <>
      <Head title="History" />
      <FilterBar days="0" />
      <Card title="Recent"><RecentPlays /></Card>
    </>
  );
}
