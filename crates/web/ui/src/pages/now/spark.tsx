/** A small line above a faint one that tells how far back it goes. Nothing is drawn where a value is unknown. */
export function Sparkline(props: {
  values: ReadonlyArray<number | null>;
  label: string;
  max?: number;
  color?: string;
}) {
  const { values, label } = props;
  const max = props.max ?? Math.max(0, ...values.map((v) => v ?? 0));
  const [w, h] = [100, 24];
  const x = (n: number) => (values.length < 2 ? 0 : (n / (values.length - 1)) * w);
  const y = (v: number) => h - 1 - (max > 0 ? Math.min(1, v / max) : 0) * (h - 2);
  let path = "";
  let pen = false;
  values.forEach((v, n) => {
    if (v === null) pen = false;
    else {
      path += `${pen ? "L" : "M"}${x(n).toFixed(1)} ${y(v).toFixed(1)}`;
      // Alone between unknown ones: a dot, made of a line without length.
      if (!pen && (values[n + 1] ?? null) === null) path += "h0";
      pen = true;
    }
  });
  return (
    <svg class="spark" viewBox={`0 0 ${w} ${h}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={`M0 ${h - 1}H${w}`} stroke="var(--line)" vector-effect="non-scaling-stroke" />
      <path
        d={path}
        fill="none"
        stroke={`var(${props.color ?? "--accent"})`}
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
        vector-effect="non-scaling-stroke"
      />
    </svg>
  );
}
