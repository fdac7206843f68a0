import { useId } from "react";

/** One bar. */
export type Bar = { label: string; value: number; told: string; warn?: boolean };

const WIDTH = 600;
const HEIGHT = 190;
const FOOT = 34;
/** Labels right of this part of the width end where their bar does, so that they do not stick out. */
const RIGHT = 0.92;
const LEFT = 34;

/** Numbers over time as bars. What it shows stands in a table for those who do not see it. */
export function BarChart(props: {
  title: string;
  bars: Bar[];
  every: number;
  first: string;
  second: string;
}) {
  const id = useId();
  const top = scale(Math.max(1, ...props.bars.map((bar) => bar.value)));
  const step = (WIDTH - LEFT) / Math.max(1, props.bars.length);
  const high = HEIGHT - FOOT - 8;
  const isRight = (index: number) => index > RIGHT * props.bars.length;
  const y = (value: number) => 8 + high - (value / top) * high;
  return (
    <figure className="ers-chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby={id}>
        <title id={id}>{props.title}</title>
        {[0, top / 2, top].map((value) => (
          <g key={value}>
            <line className="ers-chart-line" x1={LEFT} x2={WIDTH} y1={y(value)} y2={y(value)} />
            <text className="ers-chart-text" x={LEFT - 6} y={y(value) + 4} textAnchor="end">
              {Number.isInteger(value) ? value : ""}
            </text>
          </g>
        ))}
        {props.bars.map((bar, index) => (
          <g key={bar.label}>
            <rect
              className={bar.warn ? "ers-chart-bar ers-chart-warn" : "ers-chart-bar"}
              x={LEFT + index * step + step * 0.14}
              width={step * 0.72}
              y={y(bar.value)}
              height={Math.max(0, y(0) - y(bar.value))}
              rx={2}
            >
              <title>{bar.told}</title>
            </rect>
            {index % props.every === 0 && (
              <text
                className="ers-chart-text"
                x={LEFT + (index + (isRight(index) ? 1 : 0.5)) * step}
                y={HEIGHT - 6}
                textAnchor={isRight(index) ? "end" : "middle"}
              >
                {bar.label}
              </text>
            )}
          </g>
        ))}
      </svg>
      <div className="ers-for-readers">
        <table>
          <caption>{props.title}</caption>
          <thead>
            <tr>
              <th>{props.first}</th>
              <th>{props.second}</th>
            </tr>
          </thead>
          <tbody>
            {props.bars.map((bar) => (
              <tr key={bar.label}>
                <td>{bar.label}</td>
                <td>{bar.value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** The round number at the upper end of the scale: 2, 4, 6, 10, 20, 40, 60, 100 … */
export function scale(largest: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, largest)));
  for (const factor of [1, 2, 4, 6, 10]) {
    const top = Math.max(2, factor * power);
    if (top >= largest) return top;
  }
  return 10 * power;
}
