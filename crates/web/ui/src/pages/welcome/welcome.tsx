import { Head } from "../../ui/parts";

export default function Page() {
  return <Head title="welcome" />;
}
