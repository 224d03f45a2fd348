/** Names objects of a list whose member says what that of an earlier one says. */
export function repeated(place: string, items: readonly unknown[], member: string): readonly string[] {
  const names = items.map((item) => (Object(item) as Readonly<Record<string, unknown>>)[member]);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (typeof name !== 'string' || first === index) return [];
    return [`${place}[${index}].${member} is that of ${place}[${first}], too: each is named once`];
  });
}
