import { TaskClient } from '@task-gateway/client';
import { useTask } from '@task-gateway/client/react';
import { createElement, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

/**
 * Shows a task in React: each thing that it shows is kept in `shown`. `setRef` and `leave` are for the test.
 * @param {{baseUrl: string, ref: object | null}} about
 */
globalThis.begin = ({ baseUrl, ref }) => {
  const client = new TaskClient({ baseUrl });
  globalThis.shown = [];
  function Shown() {
    const [of, setRef] = useState(ref);
    globalThis.setRef = setRef;
    // A new object in each render: it is the same reference.
    const { task, error, status } = useTask(client, of === null ? null : { ...of }, { view: 'basic' });
    const text = `${task?.id ?? '-'} ${status} ${task?.status ?? '-'} ${error?.code ?? '-'}`;
    if (globalThis.shown.at(-1) !== text) globalThis.shown.push(text);
    return createElement('p', null, text);
  }
  const root = createRoot(document.getElementById('root'));
  root.render(createElement(StrictMode, null, createElement(Shown)));
  globalThis.leave = () => root.unmount();
};
