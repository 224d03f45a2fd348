import { listMember, objectMember, textMember } from '@gateway/tasks';
import type { ResultSchema } from '@gateway/tasks';

/** Every documented job ends with the same members. */
export const IMS_IMAGE: Omit<ResultSchema, 'types'> = {
  kind: 'ims.image',
  members: {
    imageId: textMember('image that the job made or worked on'),
    imageName: textMember('its name'),
    items: listMember(
      'per image or member: imageId, projectId, status',
      objectMember('an image, or a project that it is shared with', {
        imageId: textMember('the image'),
        projectId: textMember('project that it is shared with'),
        status: textMember("the service's own word for how it ended"),
      }),
    ),
  },
};
