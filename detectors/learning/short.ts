/** Five digits say what was learned; more would only make records longer. */
export const short = (value: number): number => Number(value.toPrecision(5));
