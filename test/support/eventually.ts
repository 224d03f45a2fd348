/** Waits until a condition holds that work in the background brings about; the test's own time limit ends the waiting. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 2));
}
