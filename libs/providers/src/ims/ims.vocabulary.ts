import { describeMembers, list, object, textOrNull } from '@gateway/tasks';
import type { FailureTable, ResultSchema, TaskType } from '@gateway/tasks';

/** Every documented job ends with the same members. */
export const IMS_IMAGE: Omit<ResultSchema, 'types'> = {
  kind: 'ims.image',
  members: {
    imageId: textOrNull('Id of the image that the job made or worked on.'),
    imageName: textOrNull('Name of that image.'),
    items: list(
      'One entry for each image, or for each project that the image is shared with.',
      object('An image, or a project that an image is shared with.', {
        imageId: textOrNull('Id of the image.'),
        projectId: textOrNull('Id of the project that the image is shared with.'),
        status: textOrNull('How this one ended, in the words of the service.'),
      }),
    ),
  },
};

const job = (title: string): TaskType => ({
  title,
  result: describeMembers(IMS_IMAGE),
});

/** `createImageByInstance` is the older generation's name. */
export const IMS_TASK_TYPES: Readonly<Record<string, TaskType>> = {
  createImageByInstance: job('Image from a server'),
  imsCreateImageByInstance: job('Image from a server'),
  imsImportImageJob: job('Image from a file'),
  imsImportOvaImageJob: job('Image from an OVA file'),
  imsImportDataImageJob: job('Data disk image from a file'),
  imsVolumeCreateImageJob: job('Image from a volume'),
  imsVolumesToSysDataImagesJob: job('System and data disk images from volumes'),
  imsCreateWholeImageByInstanceJob: job('Full-server image from a server'),
  imsCreateWholeImageByBackupJob: job('Full-server image from a backup'),
  imsNativeImportImageJob: job('Fast image import'),
  imsNativeExportImageJob: job('Image export'),
  imsAddImageMembersJob: job('Sharing of images'),
  imsUpdateImageMembersJob: job('Answer to a shared image'),
  imsDelImageMembersJob: job('End of sharing'),
  imsCopyImageInRegionJob: job('Image copy in a region'),
  imsCrossRegionCopyImageJob: job('Image copy to another region'),
  imsCopyImageCrossUserJob: job('Image copy to another user'),
  imsCopyVolumeToImageJob: job('Copy of a volume to an image'),
  // Documented as types of sub-jobs.
  imsGoofysImportImageJob: job('Image from a file, read from its bucket'),
  imsGoofysImportImageWithoutconfigJob: job('Image from a file as it is, read from its bucket'),
  imsGoofysUploadImageJob: job('Upload of an image file'),
  imsGoofysExportImageJob: job('Image export, written to its bucket'),
  imsImportBigFileImageJob: job('Image from a large file'),
  imsQuickExportImageJob: job('Fast image export'),
  imsImportIsoFileImageJob: job('Image from an ISO file'),
};

/** Failure codes whose text is not clear; there are no families. */
export const IMS_FAILURES: FailureTable = {
  codes: {
    'IMG.0017': 'INVALID_REQUEST',
    'IMG.0024': 'INVALID_REQUEST',
    'IMG.0026': 'PERMISSION_DENIED',
    'IMG.0104': 'INVALID_REQUEST',
    // One of several reasons, all of them about the file that was named.
    'IMG.0057': 'INVALID_REQUEST',
  },
};

/** Words of single items, which are written in lower case. */
export const IMS_ITEM_STATUSES: Readonly<Record<string, 'succeeded' | 'failed' | 'ignored'>> = {
  success: 'succeeded',
  fail: 'failed',
  failed: 'failed',
  error: 'failed',
  skipped: 'ignored',
};
