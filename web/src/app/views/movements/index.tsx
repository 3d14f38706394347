/** Movements: this view is not part of the dashboard yet. */
export default function View() {
  return <h1>Movements</h1>;
}
